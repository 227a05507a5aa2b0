import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.exceptions", "torch.dtype", "torch.contract"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
    rejected_args=[(torch.arange(3),)],
)
def raise_for_dtype(x):
    """
    A check that raises is decided at export, and what it asked is checked at each call.

    A call that eager refuses with `TypeError` is refused by the contract.
    """
    if not x.is_floating_point():
        raise TypeError(f"expected floats, not {x.dtype}")
    return x.log_softmax(0)
