import sys

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.strings", "python.builtin"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
)
def print_of_tensor(x):
    """
    A `print` left in the program runs once, at export, and is not in the graph.

    It shows the traced tensor with its dtype and shape; there are no contents yet.
    """
    y = x.exp()
    print("y is", y, file=sys.stderr)
    return y.sum()
