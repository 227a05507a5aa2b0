import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (torch.randn(9, 3),)],
)
def view_of_input_written(x):
    """
    Writing to a part of an input changes the caller's tensor, as in eager.

    The graph returns the whole new contents, and the signature says which input they are written back to.
    """
    x[:, 1:].relu_()
    x[0] = 0
    return x.sum(1)
