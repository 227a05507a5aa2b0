import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.autograd", "torch.mutation"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class WriteUnseenByAutograd(torch.nn.Module):
    """
    A tensor with a history that is written under `no_grad` keeps its old history: contents and gradient do not agree.

    A pure graph has one value for a tensor, with the history it was computed with.
    """

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def forward(self, x):
        y = x * self.weight
        with torch.no_grad():
            y.clamp_(max=1)
        return y
