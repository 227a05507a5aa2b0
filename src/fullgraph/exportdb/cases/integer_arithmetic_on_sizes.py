import math

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(9, 4),),
    tags={"torch.dynamic-shape", "python.builtin", "python.standard-library"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(16, 4),), (torch.randn(30, 4),)],
)
def integer_arithmetic_on_sizes(x):
    """
    `int`, `math.sqrt`, `math.ceil`, `divmod`, `min`, `max` and `len` of dynamic sizes are captured.

    Each gives Python's own result for every size; `int(n)` does not fix the size at that of the example.
    """
    side = int(math.sqrt(len(x)))
    quotient, rest = divmod(x.shape[0], 4)
    return x[:side], x[: max(rest, 1)], x[: min(math.ceil(x.shape[0] / 3), 5)], quotient
