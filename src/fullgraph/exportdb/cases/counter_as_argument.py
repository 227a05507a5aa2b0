import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), 1),
    tags={"python.state", "python.arguments"},
    dynamic_shapes={"x": "n", "calls": fullgraph.Dim.DYNAMIC},
    extra_args=[(torch.randn(0), 0), (torch.randn(9), 1000)],
    rewrite_of="global_counter",
)
def counter_as_argument(x, calls):
    """
    State is passed in and handed back, so that the caller keeps it.

    `Dim.DYNAMIC` for a Python number makes it an input of the graph.
    """
    calls = calls + 1
    return x * calls, calls
