import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), torch.randn(3)),
    tags={"torch.cond", "python.closure"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.ones(5), torch.ones(5)), (-torch.ones(1), torch.ones(1))],
)
def cond_closes_over_tensors(x, y):
    """
    Branches use the tensors, sizes and Python values around them; nothing has to be passed as an operand.

    What they use becomes operands of the node by itself.
    """
    scale = 2.0

    def grow():
        return x * scale + y

    def shrink():
        return x / scale + x.shape[0]

    return fullgraph.cond(x.sum() > 0, grow, shrink)
