import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.map", "torch.mutation"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def loop_body_writes_its_argument(xs):
    """A row that the body of a loop writes is a part of another tensor, which would change or not."""
    return fullgraph.map(lambda row: row.add_(1), xs)
