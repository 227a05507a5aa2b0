import functools

import torch

from fullgraph.exportdb import export_case


@functools.cache
def frequencies(count):
    return 1.0 / 10000.0 ** (torch.arange(count) / count)


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.closure", "python.standard-library", "python.state"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(9, 4),)],
)
def cached_function(x):
    """
    A function under `functools.lru_cache` is run at export, whether or not its result was kept before.

    What the cache held would be a constant without a history. No traced tensor stays behind in the cache.
    """
    return x * frequencies(x.shape[1])
