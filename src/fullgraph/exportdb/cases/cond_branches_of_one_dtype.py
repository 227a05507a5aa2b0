import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.cond", "torch.dtype"},
    extra_args=[(torch.ones(3),), (-torch.ones(3),)],
    rewrite_of="cond_branches_of_two_dtypes",
)
def cond_branches_of_one_dtype(x):
    """
    Both branches return the same dtype, by a cast in one of them.

    What PyTorch would promote later is written where the values are made.
    """
    return fullgraph.cond(x.sum() > 0, lambda x: x * 2, lambda x: (x > 0).to(x.dtype), (x,))
