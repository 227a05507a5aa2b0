import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape", "torch.indexing"},
    dynamic_shapes={"x": "n m"},
    extra_args=[(torch.ones(5, 7),), (torch.ones(2, 1),), (torch.ones(1, 4),)],
)
def dynamic_shape_slicing(x):
    """
    Slices whose ends are computed from dynamic sizes stay computed in the graph.

    An end before the start gives an empty slice, and a negative one counts from the end, as in Python: with one row,
    `x.shape[0] - 2` is -1.
    """
    return x[: x.shape[0] - 2, x.shape[1] - 1 :: 2]
