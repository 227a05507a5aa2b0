import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def export_in_forward(x):
    """
    An export inside a program runs a function to see what it does, which no graph can hold.

    Programs inside programs are captured when they were exported before.
    """
    inner = fullgraph.export(torch.sin, (x,))
    return inner(x) + 1
