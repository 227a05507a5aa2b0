import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.object-model", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(7, 4),)],
)
class PropertyOfModule(torch.nn.Module):
    """
    A property is read as in Python: its operators are recorded each time that it is asked.

    The weight that it is computed from is a parameter of the program, so it can be trained and replaced.
    """

    def __init__(self):
        super().__init__()
        self.raw = torch.nn.Parameter(torch.zeros(4))

    @property
    def scale(self):
        return torch.nn.functional.softplus(self.raw)

    def forward(self, x):
        return x * self.scale / self.scale.sum()
