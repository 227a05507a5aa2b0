import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4), torch.randn(3, 2)),
    tags={"python.exceptions", "torch.contract"},
    dynamic_shapes={"x": "n _", "y": "n _"},
    extra_args=[(torch.randn(0, 4), torch.randn(0, 2)), (torch.randn(9, 4), torch.randn(9, 2))],
    rejected_args=[(torch.randn(3, 2), torch.randn(3, 2))],
)
def try_around_torch_error(x, y):
    """
    An operator that cannot work on the sizes raises at export what it raises in eager, and `except` catches it.

    Here the sizes that do not fit are static: the addition fails at each call that the contract accepts.
    """
    try:
        return x + y
    except RuntimeError:
        return torch.cat([x, y], dim=1)
