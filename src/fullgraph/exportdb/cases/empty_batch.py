import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "batch _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(1, 3),), (torch.randn(1000, 3),)],
)
def empty_batch(x):
    """
    A program exported with 8 rows takes none, one, and a thousand.

    Sizes 0 and 1 are not special: a dynamic size starts at 0, and nothing is assumed of it that the operators
    do not ask for.
    """
    return torch.softmax(x, dim=1).sum(0)
