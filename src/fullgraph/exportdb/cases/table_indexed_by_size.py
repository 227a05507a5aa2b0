import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.data-structure", "torch.dynamic-shape", "torch.indexing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(2, 2),), (torch.randn(0, 2),), (torch.randn(50, 2),)],
    rewrite_of="dict_keyed_by_size",
)
def table_indexed_by_size(x):
    """
    A table in a tensor can be indexed by a dynamic size.

    The last entry is that of all sizes beyond the table.
    """
    scales = torch.tensor([0.5, 1.0, 0.7, 0.6, 0.5])
    return x * scales[min(x.shape[0], 4)]
