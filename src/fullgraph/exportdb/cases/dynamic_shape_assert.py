import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.assert", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(4, 2),), (torch.randn(1000, 2),)],
    rejected_args=[(torch.randn(2, 2),), (torch.randn(0, 2),)],
)
def dynamic_shape_assert(x):
    """
    An assertion on a dynamic size becomes a line of the contract; a call that breaks it is rejected.

    The second assertion follows from the first, so it adds no line.
    """
    assert x.shape[0] > 2, f"{x.shape[0]} is not greater than 2"
    assert x.shape[0] > 1
    return x + 1
