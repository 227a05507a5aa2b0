import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape", "python.builtin"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(4, 2),), (torch.ones(5, 2),), (torch.ones(1, 2),), (torch.ones(0, 2),)],
)
def dynamic_shape_round(x):
    """
    `round` of a number that was computed from a dynamic size is captured.

    It rounds halves to the even neighbour, as Python does: 3 rows give 2, and 5 rows give 2.
    """
    return x[: round(x.shape[0] / 2)]
