import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape", "python.exceptions", "torch.contract"},
    dynamic_shapes={"x": "rows _"},
    extra_args=[(torch.randn(2, 3),), (torch.randn(100, 3),)],
    rejected_args=[(torch.randn(1, 3),), (torch.randn(0, 3),)],
)
def raise_for_a_size(x):
    """
    A size for which the program raises is a size that the contract rejects.

    The line of the contract names the `if`, so the caller reads the program's own reason.
    """
    if x.shape[0] < 2:
        raise ValueError("one row has no neighbour")
    return x[1:] - x[:-1]
