import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.strings", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def f_string_of_size(x):
    """
    Text made from a dynamic size is fixed at export, so the size would have to be static.

    A graph computes numbers and tensors, and no text. The text "3 elements" would be returned for every input.
    """
    return {f"{x.shape[0]} elements": x * 2}
