from enum import Enum

import torch

from fullgraph.exportdb import export_case


class Animal(Enum):
    COW = "moo"


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(40, 2),)],
)
class SpecializedAttribute(torch.nn.Module):
    """
    Attributes of a module that are not tensors are constants of the program.

    Export again after changing one; the contract lists those that were read.
    """

    def __init__(self):
        super().__init__()
        self.sound = "moo"
        self.offset = 4

    def forward(self, x):
        if self.sound == Animal.COW.value:
            return x * x + self.offset
        raise ValueError("unknown animal")
