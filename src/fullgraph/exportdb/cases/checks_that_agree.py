import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8),),
    tags={"torch.contract", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(6),), (torch.randn(29),)],
    rejected_args=[(torch.randn(5),), (torch.randn(30),)],
    rewrite_of="checks_that_contradict",
)
def checks_that_agree(x):
    """Checks on one size become one range, which the contract states and a call outside of it is told."""
    torch._check(x.shape[0] > 5)
    torch._check(x.shape[0] < 30)
    return x * 2
