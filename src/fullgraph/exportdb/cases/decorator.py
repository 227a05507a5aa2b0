import functools

import torch

from fullgraph.exportdb import export_case


def shifted(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) + 1

    return wrapper


@export_case(
    example_args=(torch.randn(3, 2), torch.randn(3, 2)),
    tags={"python.closure", "python.arguments"},
    dynamic_shapes={"x": "n _", "y": "n _"},
    extra_args=[(torch.randn(0, 2), torch.randn(0, 2)), (torch.randn(1, 2), torch.randn(1, 2))],
    rejected_args=[(torch.randn(3, 2), torch.randn(1, 2))],
)
class Decorator(torch.nn.Module):
    """
    A decorated `forward` is captured with what the decorator adds.

    `functools.wraps` keeps the names of the arguments, so `dynamic_shapes` can use them.
    """

    @shifted
    def forward(self, x, y):
        return x + y
