import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(9, 3),)],
)
def in_place_on_view(x):
    """
    Writing to a view writes to the tensor behind it.

    The graph has no views of one memory: the write is a new column put into a new tensor.
    """
    y = x.clone()
    column = y.t()[0]
    column.add_(1)
    return y
