import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.dynamic-value", "python.control-flow"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def branch_on_tensor_value(x):
    """
    An `if` on the contents of a tensor needs a concrete answer, which only the run of the program has.

    Following the side that the example took would be wrong for other inputs, without a word.
    """
    if x.sum() > 0:
        return x.cos()
    return x.sin()
