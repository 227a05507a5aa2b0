import functools
import operator

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.randn(3), torch.randn(3), torch.randn(3)],),
    tags={"python.standard-library", "python.builtin"},
    dynamic_shapes={"tensors": ["n", "n", "n"]},
    extra_args=[([torch.randn(0) for _ in range(3)],), ([torch.randn(5) for _ in range(3)],)],
)
def reduce_over_tensors(tensors):
    """
    `functools.reduce`, `sum` and `map` call operators on tensors as any Python function does.

    `sum` starts from 0, so its first addition is in the graph too.
    """
    return functools.reduce(operator.mul, tensors), sum(map(torch.abs, tensors))
