import torch

from fullgraph.exportdb import export_case


def folded(x, depth):
    return x if depth == 0 else torch.cat([folded(x * 2, depth - 1), x])


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.control-flow", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),), (torch.randn(9, 2),)],
)
def recursion_on_python_depth(x):
    """
    A recursive function is followed as deep as Python goes.

    The depth is a Python number, so every call is known at export. The sizes of the results stay dynamic.
    """
    return folded(x, 3)
