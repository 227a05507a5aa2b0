import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.numpy", "torch.operator"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.zeros(0),), (torch.zeros(9),)],
    rewrite_of="numpy_in_between",
)
def numpy_replaced(x):
    """
    Nearly every NumPy function has one in PyTorch, which is recorded.

    Where there is none, wrap the NumPy code into an operator, see `custom_operator`.
    """
    return torch.sinc(x)
