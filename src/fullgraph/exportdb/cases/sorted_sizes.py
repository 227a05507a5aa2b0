import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 5),),
    tags={"python.builtin", "torch.dynamic-shape"},
    dynamic_shapes={"x": "a b"},
    extra_args=[(torch.randn(6, 5),), (torch.randn(5, 5),), (torch.randn(9, 0),)],
)
def sorted_sizes(x):
    """
    `sorted` of two dynamic sizes gives the smaller and the larger one of each call.

    Python's own sorting would ask which is smaller, and keep the order of the example.
    """
    small, large = sorted(x.shape)
    return torch.nn.functional.pad(x, (0, large - x.shape[1], 0, large - x.shape[0])), small
