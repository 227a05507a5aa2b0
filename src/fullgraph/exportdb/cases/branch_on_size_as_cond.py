import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape", "torch.cond"},
    dynamic_shapes={"x": "rows _"},
    extra_args=[(torch.randn(4, 3),), (torch.randn(5, 3),), (torch.randn(0, 3),)],
    rewrite_of="branch_on_size",
)
def branch_on_size_as_cond(x):
    """
    `cond` takes a question about a size as its predicate, and captures both sides.

    The branches may be lambdas that use the variables around them.
    """
    return fullgraph.cond(x.shape[0] > 4, lambda: x.cos(), lambda: x.sin())
