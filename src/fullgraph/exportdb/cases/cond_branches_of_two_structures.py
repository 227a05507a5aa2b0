import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def cond_branches_of_two_structures(x):
    """Branches that return different structures cannot be joined: the program goes on with one of them."""
    return fullgraph.cond(x.sum() > 0, lambda x: (x, x + 1), torch.sin, (x,))
