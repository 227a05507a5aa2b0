import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 6, 4),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "batch length _"},
    extra_args=[(torch.randn(1, 1, 4),), (torch.randn(5, 9, 4),)],
)
def reshape_with_inferred_size(x):
    """
    `-1` in `reshape` is computed from the dynamic sizes.

    The sizes of heads are split off and merged again, as attention does; the products are simplified, so that the
    result has the sizes of the input by name.
    """
    heads = x.reshape(x.shape[0], x.shape[1], 2, -1).transpose(1, 2)
    return heads.transpose(1, 2).reshape(x.shape[0], -1, 4)
