import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.cond", "torch.dtype"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def cond_branches_of_two_dtypes(x):
    """
    Branches whose results differ in dtype cannot be joined: what follows would differ too.

    The same holds for another rank or device. The error names the lines of both results.
    """
    return fullgraph.cond(x.sum() > 0, lambda x: x * 2, lambda x: x > 0, (x,))
