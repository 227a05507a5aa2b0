import functools

import torch

from fullgraph.exportdb import export_case


def blended(x, y, *, weight):
    return x * weight + y * (1 - weight)


@export_case(
    example_args=(torch.randn(3), torch.randn(3)),
    tags={"python.closure", "python.standard-library"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(8), torch.randn(8))],
)
def partial_function(x, y):
    """
    `functools.partial` and functions in containers are called as in Python.

    Arguments that the partial carries are constants of the program.
    """
    steps = [functools.partial(blended, weight=weight) for weight in (0.25, 0.5)]
    for step in steps:
        x = step(x, y)
    return x
