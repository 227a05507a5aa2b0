import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.cond", "torch.dynamic-shape", "python.closure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(9),), (torch.ones(10),), (torch.ones(11),)],
)
def cond_branch_nested_function(x):
    """
    The branches of `cond` may be functions that define functions of their own.

    What the inner function uses of the outer one (`x`) is found by itself; it need not be handed on.
    """

    def true_fn(x):
        def inner_true_fn(y):
            return x + y

        return inner_true_fn(x)

    def false_fn(x):
        def inner_false_fn(y):
            return x - y

        return inner_false_fn(x)

    return fullgraph.cond(x.shape[0] < 10, true_fn, false_fn, [x])
