import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), torch.randn(4, 3)),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"row": None, "x": "batch _"},
    extra_args=[(torch.randn(3), torch.randn(1, 3)), (torch.randn(3), torch.randn(0, 3))],
)
def expand_to_other_input(row, x):
    """
    `expand` and `repeat` take the sizes of another input.

    Class tokens and query embeddings are copied to every element of a batch in this way.
    """
    return torch.cat([row.expand(x.shape[0], -1), x, row.repeat(x.shape[0], 1)], dim=1)
