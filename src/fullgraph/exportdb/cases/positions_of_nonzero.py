import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor([1.0, 0.0, 2.0]),),
    tags={"torch.dynamic-value", "torch.indexing"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.zeros(4),), (torch.ones(2),), (torch.ones(0),)],
)
def positions_of_nonzero(x):
    """
    `nonzero` has a result whose size depends on the values of its input.

    That size is a new symbol between 0 and the number of elements; what follows may use it like any other.
    """
    positions = torch.nonzero(x).squeeze(1)
    return positions * 2, positions.shape[0]
