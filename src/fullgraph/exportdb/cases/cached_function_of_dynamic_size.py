import functools

import torch

from fullgraph.exportdb import export_case


@functools.cache
def positions(count):
    return torch.arange(count).unsqueeze(1)


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.closure", "python.standard-library", "python.state", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(9, 4),)],
)
def cached_function_of_dynamic_size(x):
    """
    A cache keyed by a dynamic size is left out: the function behind it is captured.

    Tables of positions and masks are often kept this way. A size has no one value under which a result could
    be kept, so the graph computes the table of each call.
    """
    return x + positions(x.shape[0])
