import torch
from torch.utils.checkpoint import checkpoint

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.autograd", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (torch.randn(5, 3),)],
)
class CheckpointedBlock(torch.nn.Module):
    """
    Activation checkpointing keeps its region, which is computed again in the backward pass.

    The region is a subgraph of one node; the layer's weights are its operands.
    """

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 3)

    def forward(self, x):
        return checkpoint(self.linear, x, use_reentrant=False).relu()
