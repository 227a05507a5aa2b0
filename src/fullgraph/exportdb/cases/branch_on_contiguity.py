import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.contract", "torch.aliasing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(5, 3),)],
    rejected_args=[(torch.randn(3, 4).t(),)],
)
def branch_on_contiguity(x):
    """
    `is_contiguous()` may be asked; the answer is a line of the contract.

    A transposed input is rejected, since eager would take the other branch.
    """
    if x.is_contiguous():
        return x.view(-1)
    return x.t().reshape(-1)
