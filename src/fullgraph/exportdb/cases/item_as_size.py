import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(3), torch.randn(5, 2)),
    tags={"torch.dynamic-value", "torch.factory"},
    dynamic_shapes={"count": None, "x": "n _"},
    extra_args=[(torch.tensor(0), torch.randn(4, 2)), (torch.tensor(7), torch.randn(1, 2))],
)
def item_as_size(count, x):
    """
    `tensor.item()` gives a number that is known at the call; constructors and slices take it as a size.

    It is a symbol of its own in the graph. No fact about it has to be stated: what an operator demands of it is
    asserted in the graph.
    """
    n = count.item()
    return torch.zeros(n, 2), x[:n]
