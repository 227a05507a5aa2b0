import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.autograd", "torch.mutation"},
    extra_args=[(torch.ones(3),)],
    rewrite_of="write_unseen_by_autograd",
)
class NewTensorSeenByAutograd(torch.nn.Module):
    """A new tensor is computed where one would have been written in place, and autograd sees it."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def forward(self, x):
        y = x * self.weight
        return y.clamp(max=1)
