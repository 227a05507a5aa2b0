import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.map", "python.state"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class LoopBodyChangesAttribute(torch.nn.Module):
    """The steps of a loop are one graph, and a graph does not change Python objects."""

    def forward(self, xs):
        self.largest = 0

        def step(row):
            self.largest = row.amax()
            return row * 2

        return fullgraph.map(step, xs)
