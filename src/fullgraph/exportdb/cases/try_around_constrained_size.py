import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4), torch.randn(3, 2)),
    tags={"python.exceptions", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n m", "y": "n k"},
    constraints=["k != m", "m != 1", "k != 1"],
    extra_args=[(torch.randn(1, 5), torch.randn(1, 9)), (torch.randn(0, 2), torch.randn(0, 3))],
    rejected_args=[(torch.randn(3, 4), torch.randn(3, 4)), (torch.randn(3, 4), torch.randn(3, 1))],
    rewrite_of="try_around_dynamic_size",
)
def try_around_constrained_size(x, y):
    """
    Constraints say for which sizes the program is meant; then it is known that the error occurs.

    Calls outside of them are rejected. Another export without `except` serves those.
    """
    try:
        return x + y
    except RuntimeError:
        return torch.cat([x, y], dim=1)
