import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor([3, 1, 3, 2]),),
    tags={"torch.dynamic-value", "torch.operator"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.tensor([5, 5, 5]),), (torch.tensor([1]),)],
)
def unique_values(x):
    """
    `unique` returns as many values as there are; its counts have the same size.

    The exporter knows that both results belong to one size, so they can be combined.
    """
    values, counts = torch.unique(x, return_counts=True)
    return values * counts
