import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.cond", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(2),), (-torch.ones(9),), (torch.ones(9),)],
)
def nested_cond(x):
    """
    Operators of control flow nest to any depth.

    The outer predicate is a question about a size, the inner one is about values.
    """

    def long(x):
        return fullgraph.cond(x.sum() > 0, torch.cos, torch.sin, (x,))

    return fullgraph.cond(x.shape[0] > 4, long, torch.tanh, (x,))
