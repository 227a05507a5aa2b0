import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6), torch.randn(4)),
    tags={"torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"long": "long", "short": "short"},
    constraints=["long >= short"],
    extra_args=[(torch.randn(4), torch.randn(4)), (torch.randn(9), torch.randn(1))],
    rejected_args=[(torch.randn(3), torch.randn(4))],
)
def related_sizes(long, short):
    """
    A relation between two sizes is stated as a constraint.

    With it the slice always has the size of the other operand. A call that breaks the relation is rejected.
    """
    return long[: short.shape[0]] + short
