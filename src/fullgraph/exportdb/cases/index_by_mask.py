import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6, 3),),
    tags={"torch.dynamic-value", "torch.indexing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (-torch.ones(4, 3),), (torch.randn(0, 3),)],
)
def index_by_mask(x):
    """
    Rows are selected by a mask; none may remain.

    Selecting with a mask is selecting with the positions of its true elements.
    """
    kept = x[x[:, 0] > 0]
    return kept.sum(0), kept.shape[0]
