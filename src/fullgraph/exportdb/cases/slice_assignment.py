import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(2, 3)),
    tags={"torch.mutation", "torch.indexing"},
    dynamic_shapes={"x": "n _", "y": "m _"},
    extra_args=[(torch.randn(0, 3), torch.randn(2, 3)), (torch.randn(9, 3), torch.randn(1, 3))],
)
def slice_assignment(x, y):
    """
    A result can be filled by slices, whose bounds are dynamic sizes.

    Each assignment is a `slice_scatter` in the graph, which is pure.
    """
    rows = x.shape[0]
    out = torch.zeros(rows + y.shape[0], 3)
    out[:rows] = x
    out[rows:] = y
    return out
