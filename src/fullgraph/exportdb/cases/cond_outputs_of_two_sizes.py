import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.tensor(True)),
    tags={"torch.cond", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _", "both": None},
    extra_args=[(torch.randn(4, 3), torch.tensor(False)), (torch.randn(1, 3), torch.tensor(True))],
)
def cond_outputs_of_two_sizes(x, both):
    """
    Branches may return different sizes: the result has a size that is known at the call.

    It is a new symbol in the range that both sides allow.
    """
    y = fullgraph.cond(both, lambda: torch.cat([x, x]), lambda: x[:1])
    return y.sum(0), y.shape[0]
