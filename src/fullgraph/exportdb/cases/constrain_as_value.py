import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(4), torch.randn(5, 2)),
    tags={"torch.dynamic-value", "torch.escape-hatch", "torch.indexing"},
    dynamic_shapes={"x": None, "y": "n _"},
    extra_args=[
        (torch.tensor(0), torch.randn(1, 2)),
        (torch.tensor(69), torch.randn(70, 2)),
    ],
)
def constrain_as_value(x, y):
    """
    `torch._check` may compare a number from `item()` with a dynamic size.

    The graph asserts it with both values of the call: row 69 of 70 is read, row 5 of 5 raises.
    """
    row = x.item()
    torch._check(row >= 0)
    torch._check(row < y.shape[0])
    return y[row]
