import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": {0: fullgraph.Dim("rows", min=2, max=512)}},
    extra_args=[(torch.randn(2, 3),), (torch.randn(512, 3),)],
    rejected_args=[(torch.randn(1, 3),), (torch.randn(513, 3),)],
)
def branch_on_size_decided_by_range(x):
    """
    An `if` whose outcome follows from the range of a size takes its branch, and nothing is assumed.

    The range is part of the spec, so that the contract has no line for the `if`.
    """
    if x.shape[0] > 1:
        return x - x.mean(0)
    return x
