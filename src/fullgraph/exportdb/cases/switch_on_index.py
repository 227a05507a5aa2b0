import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(1), torch.randn(3)),
    tags={"torch.cond", "torch.dynamic-value"},
    extra_args=[(torch.tensor(0), torch.randn(3)), (torch.tensor(2), torch.randn(3))],
)
def switch_on_index(index, x):
    """
    `switch` chooses one of several functions by an index, as a table of experts does.

    It becomes nested `cond` nodes, so every runtime that knows those can run it.
    """
    return fullgraph.switch(index, [torch.sin, torch.cos, torch.tanh], (x,))
