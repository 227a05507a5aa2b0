import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case

SEEN = []


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def list_in_global(x):
    """
    A list that outlives the call cannot be read: what it holds was left by the calls before.

    The average of all calls so far would be that of the export for ever.
    """
    SEEN.append(x.mean())
    return x - sum(SEEN) / len(SEEN)
