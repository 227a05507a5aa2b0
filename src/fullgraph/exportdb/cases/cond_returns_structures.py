import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.cond", "python.data-structure"},
    extra_args=[(torch.ones(3),), (-torch.ones(3),)],
)
def cond_returns_structures(x):
    """
    Branches return any structure of tensors, numbers and `None`, the same on both sides.

    An operand may be returned as it is. A number that differs becomes a value of the graph.
    """
    found = fullgraph.cond(
        x.sum() > 0,
        lambda: {"y": (x, x + 1), "count": 1, "rest": None},
        lambda: {"y": (x, x - 1), "count": 2, "rest": None},
    )
    return found["y"][1] * found["count"], found["rest"]
