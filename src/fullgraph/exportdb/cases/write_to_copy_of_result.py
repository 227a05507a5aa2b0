import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n"},
    extra_args=[(-torch.ones(3),), (torch.ones(7),)],
    rewrite_of="write_to_result_of_branch",
)
def write_to_copy_of_result(x):
    """The result of a `cond` is copied before it is written, so that no operand changes with it."""
    y = fullgraph.cond(x.sum() > 0, lambda x: x, torch.sin, (x,)).clone()
    y.add_(1)
    return x + y
