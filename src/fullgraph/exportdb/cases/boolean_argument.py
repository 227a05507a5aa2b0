import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), True),
    tags={"torch.contract", "python.arguments", "torch.cond"},
    dynamic_shapes={"x": "n", "cosine": fullgraph.Dim.DYNAMIC},
    extra_args=[(torch.randn(4), False), (torch.randn(0), True)],
)
def boolean_argument(x, cosine):
    """
    A flag that is marked dynamic chooses a branch of `cond` at each call.

    Without the mark the flag is static: the program has the side of the example, and the contract says so.
    """
    return fullgraph.cond(cosine, torch.cos, torch.sin, (x,))
