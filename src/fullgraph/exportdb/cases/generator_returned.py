import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.generators"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def generator_returned(x):
    """A generator that is returned would run after the program has ended, and only once."""
    return (row.sum() for row in x)
