import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.autograd", "torch.contract"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
    rejected_args=[(torch.randn(4, requires_grad=True),)],
)
def branch_on_requires_grad(x):
    """
    Whether an input requires a gradient may be asked; the answer is then part of the contract.

    It is checked at the call only because the program asked.
    """
    if x.requires_grad:
        return x.softmax(0)
    return x.softmax(0).round(decimals=3)
