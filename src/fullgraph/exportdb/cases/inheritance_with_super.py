import torch

from fullgraph.exportdb import export_case


class Base(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def body(self, x):
        raise TypeError("abstract")

    def forward(self, x):
        return self.linear(self.body(x))


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.object-model", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(7, 4),)],
)
class InheritanceWithSuper(Base):
    """
    Methods that are inherited, overridden or called by `super()` are found as in Python.

    The class hierarchy is not in the graph.
    """

    def body(self, x):
        return x.tanh()

    def forward(self, x):
        return super().forward(x) + x
