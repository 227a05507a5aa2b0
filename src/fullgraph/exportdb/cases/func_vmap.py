import torch
from torch.func import vmap

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(2, 3)),
    tags={"torch.func"},
    dynamic_shapes={"x": "n _", "y": "m _"},
    extra_args=[(torch.randn(1, 3), torch.randn(5, 3)), (torch.randn(9, 3), torch.randn(1, 3))],
)
def func_vmap(x, y):
    """
    `torch.func.vmap` is captured, over a dynamic number of rows.

    The graph has the operators for the whole batch; no loop is left.
    """
    return vmap(lambda row: (row - y).norm(dim=1).min())(x)
