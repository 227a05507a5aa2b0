import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.builtin", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),), (torch.randn(33, 2),)],
)
def len_of_tensor(x):
    """
    `len` of a tensor is its first size, and stays dynamic.

    Python insists that `len` returns an int of its own; fullgraph answers with the symbol instead.
    """
    return x.sum(0) + len(x), len(x)
