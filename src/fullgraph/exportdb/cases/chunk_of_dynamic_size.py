import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "2*half _"},
    extra_args=[(torch.randn(2, 3),), (torch.randn(14, 3),)],
    rejected_args=[(torch.randn(7, 3),)],
)
def chunk_of_dynamic_size(x):
    """
    A dim of `2*half` rows is divided into two halves.

    The spec states that the size is even; the parts then have exactly `half` rows, and an odd size is rejected.
    """
    first, second = x.chunk(2)
    return first * second
