import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), torch.randn(4)),
    tags={"torch.aliasing"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(9), torch.randn(9))],
)
def input_returned(x, y):
    """
    An input that is returned is the caller's tensor itself, and a view of it is a view of that tensor.

    The program keeps this: writing to what it returned changes the input, as in eager.
    """
    return x, x.view(-1, 1), x + y
