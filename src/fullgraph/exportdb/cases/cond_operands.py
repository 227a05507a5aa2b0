import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.ones(2)),
    tags={"torch.cond", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _", "y": None},
    extra_args=[
        (torch.randn(2, 2), torch.ones(2)),
        (torch.randn(0, 2), torch.ones(2)),
        (torch.randn(5, 2), torch.ones(2)),
    ],
)
def cond_operands(x, y):
    """
    The operands of `cond` are a list or a tuple of tensors, one for each argument of the branches.

    Their sizes may be dynamic, and the sizes of what the branches return follow them.
    """

    def true_fn(x, y):
        return x + y

    def false_fn(x, y):
        return x - y

    return fullgraph.cond(x.shape[0] > 2, true_fn, false_fn, [x, y])
