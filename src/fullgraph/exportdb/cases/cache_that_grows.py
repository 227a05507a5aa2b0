import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(1, 4), torch.randn(5, 4)),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"cache": "past _"},
    extra_args=[(torch.randn(1, 4), torch.randn(0, 4)), (torch.randn(1, 4), torch.randn(63, 4))],
    rewrite_of="buffer_that_grows",
)
def cache_that_grows(x, cache):
    """A key-value cache that grows with every call is an argument with a dynamic length, and is returned."""
    cache = torch.cat([cache, x])
    return cache.sum(0), cache
