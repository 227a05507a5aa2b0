import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(8),),
    tags={"torch.contract", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def checks_that_contradict(x):
    """Two checks of which no size satisfies both would make a program that no call can use."""
    torch._check(x.shape[0] > 5)
    torch._check(x.shape[0] < 3)
    return x * 2
