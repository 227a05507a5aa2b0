import torch

from fullgraph.exportdb import export_case

DEFAULT = torch.arange(3.0)


@export_case(
    example_args=(torch.randn(2, 3),),
    tags={"python.arguments"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(8, 3),), (torch.randn(1, 3), torch.ones(3))],
    rejected_args=[(torch.randn(2, 3), None)],
)
def optional_input(x, y=DEFAULT):
    """
    An argument that has a tensor as its default may be left out, at export and at a call.

    It is an input of the program all the same. Whether it is `None` is part of the contract.
    """
    if y is not None:
        return x + y
    return x
