import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.tensor(100.0),),
    tags={"torch.dynamic-value", "python.control-flow"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def while_on_tensor_value(x):
    """
    A `while` loop on the contents of a tensor has a number of turns that only the run of the program knows.

    Unrolling it as often as the example needs would be wrong for other inputs.
    """
    while x > 1:
        x = x / 2
    return x
