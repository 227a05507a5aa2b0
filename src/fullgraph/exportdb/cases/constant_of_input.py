import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.escape-hatch"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def constant_of_input(x):
    """`fullgraph.constant` fixes a result at export, so it cannot be one that is computed from an input."""
    return x - fullgraph.constant(torch.mean, x)
