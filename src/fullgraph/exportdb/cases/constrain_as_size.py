import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(4),),
    tags={"torch.dynamic-value", "torch.escape-hatch"},
    extra_args=[(torch.tensor(0),), (torch.tensor(1),), (torch.tensor(300),)],
)
def constrain_as_size(x):
    """
    `torch._check` says of a number from `item()` that it is a size, so not negative.

    Nothing has to be stated to make the capture succeed; here it makes the program refuse -1, as eager does.
    """
    count = x.item()
    torch._check(count >= 0)
    return torch.ones(count, 5)
