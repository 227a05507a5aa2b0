import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6, 3),),
    tags={"torch.indexing", "torch.mutation"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (torch.full((4, 3), 9.0),), (torch.randn(0, 3),)],
)
def write_by_mask(x):
    """
    `x[mask] = value` writes without a size that depends on values.

    In the graph it is a pure operator on a copy; the tensor of the caller is left alone because of `clone`.
    """
    x = x.clone()
    x[x > 1] = 1
    x[x < -1] = -1
    return x
