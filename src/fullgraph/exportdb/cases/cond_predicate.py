import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(6, 4, 3),),
    tags={"torch.cond", "torch.dynamic-shape"},
    dynamic_shapes={"x": "_ _ n"},
    extra_args=[(torch.ones(6, 4, 10),), (torch.ones(6, 4, 11),)],
    rejected_args=[(torch.ones(6, 4),)],
)
def cond_predicate(x):
    """
    The predicate of `cond` is a tensor with one element or a bool, which may be asked of a dynamic size.

    `x.dim() > 2` is known at the export, because a program has one rank: the contract says so, and an input of another
    rank is rejected. `x.shape[2] > 10` is answered at each call.
    """
    pred = x.dim() > 2 and x.shape[2] > 10

    return fullgraph.cond(pred, lambda x: x.cos(), lambda y: y.sin(), [x])
