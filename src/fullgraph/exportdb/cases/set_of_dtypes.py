import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), torch.randn(3)),
    tags={"python.data-structure", "torch.dtype", "torch.contract"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(9), torch.randn(9))],
    rejected_args=[(torch.randn(3), torch.randn(3).double())],
)
def set_of_dtypes(x, y):
    """
    Sets and dicts may be keyed by dtypes, devices, names and whatever else is known at export.

    The dtype of each input is part of the contract, so the answer is the same at each call.
    """
    if len({x.dtype, y.dtype}) > 1:
        raise TypeError("both must have one dtype")
    return x + y
