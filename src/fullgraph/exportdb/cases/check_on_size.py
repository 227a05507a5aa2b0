import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3), torch.randn(6, 3)),
    tags={"torch.dynamic-shape", "torch.contract", "torch.escape-hatch"},
    dynamic_shapes={"x": "n _", "y": "m _"},
    extra_args=[(torch.randn(3, 3), torch.randn(1, 3))],
    rejected_args=[(torch.randn(6, 3), torch.randn(6, 3))],
)
def check_on_size(x, y):
    """
    `torch._check` and `fullgraph.check` state a fact about sizes: a line of the contract, not a fixed size.

    What follows may rely on it: the slice has exactly as many rows as `y`.
    """
    fullgraph.check(x.shape[0] > y.shape[0], "x has to be longer than y")
    return x[: y.shape[0]] + y
