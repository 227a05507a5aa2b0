import torch

from fullgraph.exportdb import export_case


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return x * self.factor


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.builtin", "python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(11, 4),)],
)
def custom_object_type(x):
    """
    Objects of one's own may be made and called; `type(obj)` makes another of the same class.

    Neither is in the graph, only what they do to tensors.
    """
    scale = Scale(2.0)
    return type(scale)(3.0)(scale(x))
