import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.strings", "torch.dynamic-value"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def text_of_tensor(x):
    """Text made of the contents of a tensor would say the same at each call."""
    return {f"mean {x.mean():.1f}": x * 2}
