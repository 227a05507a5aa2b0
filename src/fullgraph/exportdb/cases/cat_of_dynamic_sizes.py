import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3), torch.randn(5, 3)),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"past": "past _", "new": "new _"},
    extra_args=[(torch.randn(0, 3), torch.randn(1, 3)), (torch.randn(7, 3), torch.randn(0, 3))],
)
def cat_of_dynamic_sizes(past, new):
    """
    Tensors of different dynamic sizes are joined: the result has the sum of the sizes.

    This is what a cache of keys and values does at each step. An empty past is an ordinary one.
    """
    return torch.cat([past, new])
