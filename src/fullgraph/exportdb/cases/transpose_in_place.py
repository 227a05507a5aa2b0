import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.mutation"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def transpose_in_place(x):
    """An input that is transposed in place would have other sizes after the call; only contents are written back."""
    return x.t_() * 2
