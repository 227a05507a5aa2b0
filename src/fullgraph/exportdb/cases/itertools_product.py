import itertools

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.standard-library"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(7, 4),)],
)
def itertools_product(x):
    """
    `itertools` runs at export: the tensors that it hands out are traced ones.

    How many there are has to be known then, which here the static second dim says.
    """
    signs = itertools.product((1, -1), repeat=2)
    pairs = zip(*[iter(x.unbind(1))] * 2, strict=True)
    return [
        a * left + b * right for (a, b), (left, right) in zip(signs, itertools.cycle(pairs), strict=False)
    ]
