import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.while-loop", "python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def loop_that_changes_structure(x):
    """What one step of a loop returns is what the next one is given, so it has the same structure."""
    return fullgraph.while_loop(lambda x: x.sum() < 100, lambda x: (x * 2, x), (x,))
