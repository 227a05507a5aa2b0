import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4), torch.randn(1)),
    tags={"torch.mutation", "torch.operator"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def out_of_wrong_size(x, result):
    """`out=` of a wrong size would be resized in place, whoever else holds the tensor."""
    torch.mul(x, 2, out=result)
    return result.sum()
