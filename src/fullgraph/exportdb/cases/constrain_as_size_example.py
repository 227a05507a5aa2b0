import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(4),),
    tags={"torch.dynamic-value", "torch.escape-hatch"},
    extra_args=[(torch.tensor(0),), (torch.tensor(1),), (torch.tensor(5),)],
    rejected_args=[],
)
def constrain_as_size_example(x):
    """
    `torch._check` on a number from `item()` is kept: a call that breaks it raises, as in eager.

    The check is not needed to make the capture succeed. A size that depends on values is a symbol like any other.
    """
    count = x.item()
    torch._check(count >= 0)
    torch._check(count <= 5)
    return torch.zeros((count, 5))
