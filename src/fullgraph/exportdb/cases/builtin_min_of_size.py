import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"python.builtin", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(4, 3),), (torch.randn(100, 3),)],
)
def builtin_min_of_size(x):
    """
    Python's `min` and `max` of dynamic sizes are computed at each call.

    Python would ask which is smaller, and the answer would be that of the example. Here the size stays an expression.
    """
    return x[: min(x.shape[0], 4)], max(x.shape[0], 8)
