import math

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 5),),
    tags={"python.standard-library", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n m"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(100, 7),)],
)
def math_of_size(x):
    """
    The functions of `math` take dynamic sizes: `sqrt`, `ceil`, `prod` and the rest.

    Python's own would ask for a number, and keep that of the example.
    """
    rows, columns = x.shape
    scaled = x / math.sqrt(columns)
    return torch.nn.functional.pad(scaled, (0, 0, 0, math.ceil(rows / 4) * 4 - rows)), math.prod(x.shape)
