import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.aliasing", "torch.mutation", "torch.module"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class BuffersThatOverlap(torch.nn.Module):
    """Two buffers that are different windows onto one memory cannot both be inputs of a graph when one is written."""

    def __init__(self):
        super().__init__()
        shared = torch.zeros(4)
        self.register_buffer("low", shared[:3])
        self.register_buffer("high", shared[1:])

    def forward(self, x):
        self.low.add_(x)
        return self.high * 2
