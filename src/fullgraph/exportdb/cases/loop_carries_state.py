import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.scan", "python.state"},
    dynamic_shapes={"xs": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(7, 2),)],
    rewrite_of="loop_body_changes_attribute",
)
def loop_carries_state(xs):
    """What a step leaves for the next one is carried: an argument and a result of the body."""
    return fullgraph.scan(
        lambda largest, row: (torch.maximum(largest, row.amax()), row * 2), torch.tensor(0.0), xs
    )
