import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "torch.module", "torch.mutation"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(4),), (torch.randn(9),)],
    rewrite_of="list_in_global",
)
class RunningAverageInBuffers(torch.nn.Module):
    """
    What is needed of the calls before is kept in buffers: here a sum and a count.

    The program writes both back at each call, and they are saved with it.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(()))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.total += x.mean()
        self.count += 1
        return x - self.total / self.count
