import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape", "torch.factory"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(5, 2),), (torch.ones(0, 2),)],
)
def dynamic_shape_constructor(x):
    """
    Tensor constructors take dynamic sizes, and follow them at the call.

    The graph computes `2 * n` from the input's size; the size of the example is not kept.
    """
    return torch.ones(x.shape[0] * 2)
