import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(6), torch.tensor([2, 4])),
    tags={"torch.dynamic-value", "python.data-structure"},
    dynamic_shapes={"x": "n", "sizes": "parts"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def list_from_tensor(x, sizes):
    """
    `tolist()` of a tensor with a dynamic number of elements is a list whose length nobody knows while tracing.

    People write it to split a tensor into parts whose sizes are data. Of a tensor with a fixed number of elements it
    is captured: each number is then a size of its own.
    """
    return [part.sum() for part in x.split(sizes.tolist())]
