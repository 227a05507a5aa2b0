import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), torch.randn(4)),
    tags={"torch.mutation"},
    dynamic_shapes={"x": "n", "residual": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(9), torch.randn(9))],
)
def plus_equals_on_argument(x, residual):
    """
    `x += y` on an argument writes to the tensor of the caller, which is easily overlooked.

    The program does the same. Write `x = x + y` where that is not meant; the graph then has no write-back.
    """
    x += residual
    return x * 2
