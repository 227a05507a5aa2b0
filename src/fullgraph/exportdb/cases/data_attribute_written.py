import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.mutation", "torch.autograd"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(2),), (torch.randn(90),)],
    rewrite_of="data_assigned",
)
class DataAttributeWritten(torch.nn.Module):
    """
    A write by way of `.data` changes the tensor, unseen by autograd.

    It is a write like any other here. `torch.no_grad()` or `detach()` say the same more clearly.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("average", torch.zeros(()))

    def forward(self, x):
        self.average.data.lerp_(x.detach().mean(), 0.1)
        return x - self.average
