import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=({"a": torch.randn(3, 2), "b": torch.randn(3)}, torch.randn(2)),
    tags={"torch.map", "python.data-structure"},
    dynamic_shapes={"xs": {"a": "n _", "b": "n"}, "y": None},
    extra_args=[
        ({"a": torch.randn(1, 2), "b": torch.randn(1)}, torch.randn(2)),
        ({"a": torch.randn(0, 2), "b": torch.randn(0)}, torch.randn(2)),
    ],
)
def map_over_structures(xs, y):
    """
    `map` goes over the leading dim of every tensor in a structure; none at all is fine.

    Further arguments are the same for every step.
    """
    return fullgraph.map(lambda row, y: (row["a"] * row["b"] + y, row["a"].sum()), xs, y)
