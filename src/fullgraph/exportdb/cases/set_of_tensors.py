import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=({torch.ones(3), torch.ones(2)},),
    tags={"python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def set_of_tensors(xs):
    """Tensors in a set have no order by which those of another call could be told apart."""
    return sum(x.sum() for x in xs)
