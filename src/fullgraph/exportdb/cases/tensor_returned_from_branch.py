import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "python.closure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(-torch.ones(3),), (torch.ones(7),)],
    rewrite_of="tensor_kept_from_branch",
)
def tensor_returned_from_branch(x):
    """What is needed after a `cond` is returned by both of its branches."""
    y, more = fullgraph.cond(x.sum() > 0, lambda x: (x + 1, x * 2), lambda x: (x.sin(), x), (x,))
    return y + more
