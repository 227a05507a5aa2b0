import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(1, 4),), (torch.randn(20, 4),)],
)
class ClassMethod(torch.nn.Module):
    """
    Class methods are called as in Python, through the module, its `__class__` and `type(self)`.

    A call is not in the graph; the operators that the method performs are.
    """

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 2)

    @classmethod
    def shifted(cls, x):
        return x + 1

    def forward(self, x):
        x = self.linear(x)
        return self.shifted(x) * self.__class__.shifted(x) * type(self).shifted(x)
