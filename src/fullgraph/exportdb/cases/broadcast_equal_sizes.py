import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(4, 3)),
    tags={"torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n _", "y": "n _"},
    extra_args=[(torch.randn(1, 3), torch.randn(1, 3)), (torch.randn(0, 3), torch.randn(0, 3))],
    rejected_args=[(torch.randn(4, 3), torch.randn(1, 3))],
    rewrite_of="broadcast_two_dynamic_sizes",
)
def broadcast_equal_sizes(x, y):
    """
    One name for two dims says that they are equal.

    The program needs no other fact, and a call with different sizes is rejected before anything is computed.
    """
    return x + y
