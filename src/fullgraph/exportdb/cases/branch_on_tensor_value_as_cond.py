import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.dynamic-value", "torch.cond"},
    extra_args=[(-torch.ones(3),), (torch.zeros(3),)],
    rewrite_of="branch_on_tensor_value",
)
def branch_on_tensor_value_as_cond(x):
    """
    `cond` captures both sides, and the program takes one at each call.

    Only the side that is taken is computed.
    """
    return fullgraph.cond(x.sum() > 0, torch.cos, torch.sin, (x,))
