import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.aliasing", "torch.mutation", "torch.module"},
    extra_args=[(torch.ones(3),)],
    rewrite_of="buffers_that_overlap",
)
class WindowsOfOneBuffer(torch.nn.Module):
    """Windows onto one buffer are taken inside the program; a write to one is seen in the other."""

    def __init__(self):
        super().__init__()
        self.register_buffer("shared", torch.zeros(4))

    def forward(self, x):
        self.shared[:3].add_(x)
        return self.shared[1:] * 2
