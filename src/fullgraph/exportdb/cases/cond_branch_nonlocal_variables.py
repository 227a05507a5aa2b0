import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(6),),
    tags={"torch.cond", "torch.dynamic-shape", "python.closure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(5),), (torch.ones(4),), (torch.ones(8),)],
)
def cond_branch_nonlocal_variables(x):
    """
    Values of the function around the branches are handed to both of them as operands.

    Operands are tensors, so a Python number goes in as `torch.tensor(number)`. This is the form that works in every
    exporter; here the branches may also use the variables directly, see `cond_closed_over_variable`.
    """
    my_tensor_var = x + 100
    my_primitive_var = 3.14

    def true_fn(x, y, z):
        return x + y + z

    def false_fn(x, y, z):
        return x - y - z

    return fullgraph.cond(
        x.shape[0] > 5,
        true_fn,
        false_fn,
        [x, my_tensor_var, torch.tensor(my_primitive_var)],
    )
