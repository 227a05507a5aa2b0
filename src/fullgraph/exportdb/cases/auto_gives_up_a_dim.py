import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": (fullgraph.Dim.AUTO, fullgraph.Dim.AUTO)},
    extra_args=[(torch.randn(9, 3),), (torch.randn(1, 3),)],
    rejected_args=[(torch.randn(4, 2),)],
)
def auto_gives_up_a_dim(x):
    """
    `Dim.AUTO` is dynamic unless the program pins the dim; then the contract says where.

    Here the columns meet a constant of three elements.
    """
    return x + torch.tensor([1.0, 2.0, 3.0])
