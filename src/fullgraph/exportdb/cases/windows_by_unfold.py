import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.aliasing", "torch.operator"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(2, 2),), (torch.randn(7, 2),)],
    rewrite_of="as_strided_of_transposed",
)
def windows_by_unfold(x):
    """Windows are taken by `unfold`, `diagonal` or slices, which speak of elements and not of memory."""
    return (x.t() * 2).unfold(1, 2, 1).sum(-1)
