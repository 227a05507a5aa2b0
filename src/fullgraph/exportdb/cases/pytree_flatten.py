import torch
from torch.utils import _pytree as pytree

from fullgraph.exportdb import export_case


@export_case(
    example_args=({1: torch.randn(3, 2), 2: torch.randn(3, 2)},),
    tags={"python.data-structure"},
    dynamic_shapes={"x": {1: {0: "n"}, 2: {0: "m"}}},
    extra_args=[
        ({1: torch.randn(0, 2), 2: torch.randn(3, 2)},),
        ({1: torch.randn(5, 2), 2: torch.randn(1, 2)},),
    ],
    rejected_args=[({2: torch.randn(3, 2), 1: torch.randn(3, 2)},)],
)
def pytree_flatten(x):
    """
    PyTorch's pytree functions work on traced tensors: they only take structures apart.

    The argument is a dict with integers as keys; its leaves are the inputs of the graph. The order of the keys is part
    of the contract: a program may depend on it.
    """
    leaves, _ = pytree.tree_flatten(x)
    return leaves[0] + 1
