import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module", "torch.mutation", "python.state"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class AttributeReadFromLastCall(torch.nn.Module):
    """
    A tensor that was left on the module by the call before would be fixed at export.

    It is no buffer, so the program has no place to keep it in.
    """

    def __init__(self):
        super().__init__()
        self.last = torch.zeros(4)

    def forward(self, x):
        y = x - self.last
        self.last = x.mean(0)
        return y
