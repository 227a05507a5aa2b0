import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(640),),
    tags={"torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": {0: fullgraph.Dim("width", values=[640, 1280])}},
    extra_args=[(torch.randn(1280),)],
    rejected_args=[(torch.randn(800),)],
)
def set_of_sizes(x):
    """
    `Dim("width", values=[640, 1280])` declares the sizes that a deployment serves.

    What is true of all of them is known to the program: each is a multiple of 128, so the view needs no other fact.
    """
    return x.view(-1, 128).mean(1)
