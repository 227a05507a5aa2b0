import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "torch.mutation", "torch.aliasing"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def write_to_result_of_branch(x):
    """
    A branch may return its operand or a new tensor; a write to the result may or may not be one to the operand.

    A graph is pure, so it has to know before it runs.
    """
    y = fullgraph.cond(x.sum() > 0, lambda x: x, torch.sin, (x,))
    y.add_(1)
    return x + y
