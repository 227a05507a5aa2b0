import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.contract", "torch.aliasing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(5, 3),)],
    rejected_args=[(torch.randn(4, 6)[:, ::2],)],
)
def branch_on_stride(x):
    """
    Strides may be asked, and what the program relied on is checked at each call.

    A program that asks nothing takes inputs of any strides.
    """
    if x.stride(1) != 1:
        x = x.contiguous()
    return x * 2
