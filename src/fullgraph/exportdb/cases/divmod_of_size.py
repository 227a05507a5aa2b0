import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(7, 3),),
    tags={"python.builtin", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(4, 3),), (torch.randn(101, 3),)],
)
def divmod_of_size(x):
    """
    `divmod` of a dynamic size gives two sizes, which may be used and returned.

    `//` and `%` have Python's rounding, also of negative numbers.
    """
    blocks, rest = divmod(x.shape[0], 4)
    return x[: blocks * 4].reshape(blocks, 4, 3), rest
