import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.randn(2)),
    tags={"torch.map", "torch.dynamic-shape"},
    dynamic_shapes={"xs": "n _", "y": None},
    extra_args=[(torch.randn(1, 2), torch.randn(2)), (torch.randn(6, 2), torch.randn(2))],
)
def dynamic_shape_map(xs, y):
    """
    `map` applies a function to every slice of a tensor along its first dim, however many there are.

    The body is recorded once, as a subgraph.
    """

    def body(x, y):
        return x + y

    return fullgraph.map(body, xs, y)
