import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(True), torch.randn(3, 2)),
    tags={"torch.cond", "python.closure"},
    dynamic_shapes={"pred": None, "x": "n _"},
    extra_args=[(torch.tensor(False), torch.randn(4, 2)), (torch.tensor(True), torch.randn(0, 2))],
)
def cond_closed_over_variable(pred, x):
    """
    The branches of `cond` may use variables of the function around them, beside their operands.

    Tensors found that way become operands of the node, so nobody has to list them.
    """

    def true_fn(shifted):
        return x * 2 + shifted

    def false_fn(shifted):
        return x - shifted

    return fullgraph.cond(pred, true_fn, false_fn, [x + 1])
