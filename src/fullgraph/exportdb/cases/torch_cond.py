import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.cond"},
    extra_args=[(torch.ones(4),), (-torch.ones(4),)],
)
def torch_cond(x):
    """
    PyTorch's own `torch.cond` inside a program is captured as `fullgraph.cond` is.

    A program written for another exporter needs no change; the same holds for `while_loop`, `scan` and `map`.
    """
    return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))
