import time

import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "torch.escape-hatch"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(5),)],
    rewrite_of="time_of_day",
)
def time_as_constant(x):
    """
    `fullgraph.constant(f)` says that the result of `f()` at export is meant for every call.

    Use it for what only looks like a changing value, such as the year in which a model was built.
    """
    since_2000 = fullgraph.constant(lambda: time.gmtime().tm_year >= 2000)
    return x + 1 if since_2000 else x
