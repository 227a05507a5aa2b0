from enum import Enum, auto

import torch

from fullgraph.exportdb import export_case


class Reduction(Enum):
    MEAN = auto()
    SUM = auto()


@export_case(
    example_args=(torch.randn(3, 4), Reduction.MEAN),
    tags={"python.arguments", "python.object-model", "torch.contract"},
    dynamic_shapes={"x": "n _", "reduction": None},
    extra_args=[(torch.randn(0, 4), Reduction.MEAN), (torch.randn(7, 4), Reduction.MEAN)],
    rejected_args=[(torch.randn(3, 4), Reduction.SUM)],
)
def enum_argument(x, reduction):
    """
    A member of an `Enum` as an argument is a constant of the program and is checked at each call.

    The graph has the branch of the example. Export once for each member that is needed.
    """
    return x.mean(0) if reduction is Reduction.MEAN else x.sum(0)
