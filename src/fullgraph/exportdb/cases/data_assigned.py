import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.mutation", "torch.module"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class DataAssigned(torch.nn.Module):
    """`.data = ` gives a tensor other memory, which is no operator."""

    def __init__(self):
        super().__init__()
        self.register_buffer("average", torch.zeros(3))

    def forward(self, x):
        self.average.data = self.average.lerp(x, 0.1)
        return x - self.average
