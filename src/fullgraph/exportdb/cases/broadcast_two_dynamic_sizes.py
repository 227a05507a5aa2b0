import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(4, 3)),
    tags={"torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n _", "y": "m _"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def broadcast_two_dynamic_sizes(x, y):
    """
    Two dynamic sizes that meet in a sum must be equal, or one of them 1: different graphs for different calls.

    The error proposes the spec that says which of them is meant. In most programs both are one dim.
    """
    return x + y
