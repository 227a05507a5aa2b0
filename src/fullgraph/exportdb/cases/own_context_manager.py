import contextlib

import torch

from fullgraph.exportdb import export_case


class Scaling:
    current = 1.0

    def __init__(self, factor):
        self.factor = factor

    def __enter__(self):
        self.before, Scaling.current = Scaling.current, self.factor
        return self

    def __exit__(self, *error):
        Scaling.current = self.before


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.context-manager", "python.object-model"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(0),), (torch.ones(4),)],
)
def own_context_manager(x):
    """
    A context manager of one's own, also one that swallows an exception, runs as Python at export.

    What it changes is put back by `__exit__`, so the program leaves no trace behind.
    """
    with Scaling(2.0), contextlib.suppress(ZeroDivisionError):
        x = x * Scaling.current
        x = x / (Scaling.current // 0)
    return x * Scaling.current
