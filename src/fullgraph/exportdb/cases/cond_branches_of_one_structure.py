import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "python.data-structure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(-torch.ones(3),), (torch.ones(7),)],
    rewrite_of="cond_branches_of_two_structures",
)
def cond_branches_of_one_structure(x):
    """Both branches return the same nesting of tuples, lists and dicts."""
    return fullgraph.cond(x.sum() > 0, lambda x: (x * 2, x + 1), lambda x: (x.sin(), x.cos()), (x,))
