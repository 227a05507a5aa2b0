import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(6), torch.tensor([2, 4])),
    tags={"torch.dynamic-value", "python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def list_from_tensor(x, sizes):
    """
    `tolist()` turns the contents of a tensor into Python numbers, which would be those of the example.

    People write it to split a tensor into parts whose sizes are data.
    """
    return [part.sum() for part in x.split(sizes.tolist())]
