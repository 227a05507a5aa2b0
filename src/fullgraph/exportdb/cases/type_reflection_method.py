import torch

from fullgraph.exportdb import export_case


class Shift:
    @classmethod
    def apply(cls, x):
        return 1 + x


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.builtin", "python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(11, 4),)],
)
def type_reflection_method(x):
    """
    `type(obj)` of an object of one's own may be asked, and its class methods called.

    The program runs as Python at export, so whatever Python can look up is found.
    """
    shift = Shift()
    return type(shift).apply(x)
