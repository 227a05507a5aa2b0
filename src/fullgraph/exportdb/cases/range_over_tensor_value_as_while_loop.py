import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3), torch.tensor(2)),
    tags={"torch.dynamic-value", "torch.while-loop"},
    extra_args=[(torch.ones(3), torch.tensor(0)), (torch.ones(3), torch.tensor(9))],
    rewrite_of="range_over_tensor_value",
)
def range_over_tensor_value_as_while_loop(x, times):
    """
    A counted loop is a `while_loop` that carries its counter as a tensor.

    The loop may use tensors of the outside, here the number of turns.
    """
    _, x = fullgraph.while_loop(lambda i, x: i < times, lambda i, x: (i + 1, x * 2), (torch.tensor(0), x))
    return x
