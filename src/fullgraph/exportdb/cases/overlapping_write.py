import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(2),), (torch.randn(90),)],
    rewrite_of="overlapping_write_in_place",
)
def overlapping_write(x):
    """
    A write that reads the memory it writes to computes its right-hand side first.

    In the graph there is no question of order: reading and writing are nodes on different tensors.
    """
    y = x.clone()
    y[1:] = y[:-1] + y[1:]
    return y
