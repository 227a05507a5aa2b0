import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "torch.module"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class AttributeCounter(torch.nn.Module):
    """
    A Python number on the module that `forward` counts up would be fixed at export.

    The graph holds tensors and sizes. A count of the calls is neither, unless it is a buffer.
    """

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls
