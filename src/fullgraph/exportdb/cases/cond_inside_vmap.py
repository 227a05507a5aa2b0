import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.cond", "torch.func"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def cond_inside_vmap(xs):
    """A branch inside `torch.vmap` is taken by some rows and not by others, so it is no branch."""
    return torch.vmap(lambda x: fullgraph.cond(x.sum() > 0, torch.cos, torch.sin, (x,)))(xs)
