import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.mutation", "torch.aliasing"},
    dynamic_shapes={"x": "n"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def overlapping_write_in_place(x):
    """An operator that reads one part of a tensor while it writes an overlapping one depends on the order of its loop."""
    y = x.clone()
    y[1:].add_(y[:-1])
    return y
