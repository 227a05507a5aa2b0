import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), torch.randn(4)),
    tags={"torch.dynamic-shape", "torch.contract"},
    constraints=lambda x, y: [
        fullgraph.dynamic_dim(x, 0) <= 10,
        fullgraph.dynamic_dim(x, 0) == fullgraph.dynamic_dim(y, 0),
    ],
    extra_args=[(torch.randn(10), torch.randn(10))],
    rejected_args=[(torch.randn(11), torch.randn(11)), (torch.randn(3), torch.randn(4))],
)
def dynamic_dim_constraint(x, y):
    """
    `dynamic_dim` marks the dim of an example tensor, with its range and its relations.

    This is the form that PyTorch's first exporter had; `dynamic_shapes` says the same by names.
    """
    return x * y
