import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.mutation"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),), (torch.randn(12, 2),)],
)
def user_input_mutation(x):
    """
    A write to an input is done to the caller's tensor, as in eager.

    The graph is pure: it returns the new contents, and the signature says which input they are written back to.
    """
    x.mul_(2)
    return x.cos()
