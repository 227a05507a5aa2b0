import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "python.closure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def tensor_kept_from_branch(x):
    """
    A tensor made inside a branch and left in a variable is not there when the other branch runs.

    Only what the branches return leaves them.
    """
    kept = []

    def doubled(x):
        kept.append(x * 2)
        return x + 1

    y = fullgraph.cond(x.sum() > 0, doubled, torch.sin, (x,))
    return y + kept[0]
