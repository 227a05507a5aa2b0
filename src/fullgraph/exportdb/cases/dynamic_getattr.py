import torch

from fullgraph.exportdb import export_case


class Config(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
)
class DynamicGetattr(torch.nn.Module):
    """
    `__getattr__` of a config object is called, and its `AttributeError` caught, as in Python.

    What it returns is a constant of the program.
    """

    def __init__(self):
        super().__init__()
        self.config = Config(scale=2.0)

    def forward(self, x):
        return x * self.config.scale + getattr(self.config, "shift", 0.0)
