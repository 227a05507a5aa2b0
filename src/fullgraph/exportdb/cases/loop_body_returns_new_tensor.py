import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.map", "torch.mutation"},
    dynamic_shapes={"xs": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(0, 2),), (torch.randn(7, 2),)],
    rewrite_of="loop_body_writes_its_argument",
)
def loop_body_returns_new_tensor(xs):
    """The body of a loop computes new tensors from its rows."""
    return fullgraph.map(lambda row: row + 1, xs)
