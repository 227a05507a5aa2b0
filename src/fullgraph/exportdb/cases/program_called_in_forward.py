import torch

import fullgraph
from fullgraph.exportdb import export_case

SINE = fullgraph.export(torch.sin, (torch.ones(3),), dynamic_shapes=("n",))


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.closure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(1),), (torch.randn(7),)],
    rewrite_of="export_in_forward",
)
def program_called_in_forward(x):
    """A program that was exported before can be called inside another, and its operators are recorded there."""
    return SINE(x) + 1
