import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 3, 2),),
    tags={"python.control-flow", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n _ _"},
    extra_args=[(torch.randn(0, 3, 2),), (torch.randn(8, 3, 2),)],
    rejected_args=[(torch.randn(5, 3),)],
)
def match_on_shape(x):
    """
    A `match` on the shape picks its `case` by rank and static sizes, and binds the dynamic ones.

    Rank and static sizes are checked at each call; `rows` stays dynamic.
    """
    match x.shape:
        case (_, _):
            return x
        case (rows, 3, columns):
            return x.reshape(rows * 3, columns)
        case _:
            return x.flatten()
