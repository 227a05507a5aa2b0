import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.operator", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(100, 2),), (torch.randn(1000, 2),)],
)
def torch_sym_min(x):
    """
    `torch.sym_min` of a dynamic size is computed at each call.

    Python's `min` does the same here, see `builtin_min_of_size`.
    """
    return x.sum() + torch.sym_min(x.size(0), 100)
