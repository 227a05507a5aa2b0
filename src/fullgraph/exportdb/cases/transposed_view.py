import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n m"},
    extra_args=[(torch.randn(1, 7),), (torch.randn(0, 2),)],
    rewrite_of="transpose_in_place",
)
def transposed_view(x):
    """`x.t()` is a view with the other sizes, and leaves the input as it is."""
    return x.t() * 2
