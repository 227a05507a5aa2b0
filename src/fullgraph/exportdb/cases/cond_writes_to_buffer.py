import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "torch.mutation", "torch.module"},
    extra_args=[(-torch.ones(3),), (torch.zeros(3),)],
)
class CondWritesToBuffer(torch.nn.Module):
    """
    A branch may write to a buffer; the other side leaves it as it was.

    The new contents are an output of both branches, and the program writes them back after the call.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        def count(x):
            self.seen.add_(1)
            return x * 2

        return fullgraph.cond(x.sum() > 0, count, lambda x: x.clone(), (x,)) + self.seen
