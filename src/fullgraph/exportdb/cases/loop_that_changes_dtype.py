import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.tensor(3),),
    tags={"torch.while-loop", "torch.dtype"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def loop_that_changes_dtype(n):
    """
    A carried value that changes its dtype in the first turn has no one type in the graph.

    The integer 0 becomes a float at the first division. The error names the line of the body that changes it.
    """
    return fullgraph.while_loop(
        lambda i, x: i < n, lambda i, x: (i + 1, x / 2 + 1), (torch.tensor(0), torch.tensor(0))
    )
