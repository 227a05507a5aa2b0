import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module", "torch.mutation"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
    rewrite_of="attribute_read_from_last_call",
)
class BufferReassigned(torch.nn.Module):
    """
    A buffer that is assigned a new tensor is state of the program: the new contents are written back.

    `self.last = y` of a buffer does in the program what `self.last.copy_(y)` does.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("last", torch.zeros(4))

    def forward(self, x):
        y = x - self.last
        self.last = x.mean(0)
        return y
