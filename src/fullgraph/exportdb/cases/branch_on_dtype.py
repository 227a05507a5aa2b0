import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.dtype", "torch.contract"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(5, 3),)],
    rejected_args=[(torch.ones(4, 3, dtype=torch.int64),), (torch.ones(4, 3, dtype=torch.float16),)],
)
def branch_on_dtype(x):
    """
    The dtype of an input is always part of the contract, so a branch on it is decided at export.

    A call with integers is rejected. Other exporters compute such a call with the branch of the example.
    """
    if x.dtype == torch.float32:
        return x / x.shape[0] if x.is_floating_point() else x
    return x // 2
