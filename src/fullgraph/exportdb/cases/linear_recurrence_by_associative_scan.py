import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.rand(6, 2), torch.randn(6, 2)),
    tags={"torch.scan"},
    dynamic_shapes={"decay": "time _", "x": "time _"},
    extra_args=[(torch.rand(1, 2), torch.randn(1, 2)), (torch.rand(13, 2), torch.randn(13, 2))],
)
def linear_recurrence_by_associative_scan(decay, x):
    """
    A linear recurrence, the heart of state space models, in a logarithmic number of steps.

    The combination of two pairs is associative, which is all that `associative_scan` asks for.
    """

    def combine(left, right):
        return left[0] * right[0], left[1] * right[0] + right[1]

    return fullgraph.associative_scan(combine, (decay, x), 0)[1]
