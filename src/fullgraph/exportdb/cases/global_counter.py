import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case

CALLS = 0


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "python.closure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def global_counter(x):
    """
    A global number that the program reads and changes is the state of Python, not of the graph.

    The program would multiply by the number of the export at each call. Only the line that changed it is
    refused, not globals as such.
    """
    global CALLS
    CALLS += 1
    return x * CALLS
