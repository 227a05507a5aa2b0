import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor([True, False]), torch.randn(2)),
    tags={"torch.dynamic-value", "torch.operator"},
    extra_args=[(torch.tensor([False, False]), torch.randn(2)), (torch.tensor([True, True]), torch.randn(2))],
    rewrite_of="any_in_mask",
)
def masked_fill_always(mask, x):
    """
    An operator that does nothing for an empty mask needs no `if`.

    Where the work is worth a branch, `fullgraph.cond(mask.any(), ...)` keeps it.
    """
    return x.masked_fill(mask, 0.0)
