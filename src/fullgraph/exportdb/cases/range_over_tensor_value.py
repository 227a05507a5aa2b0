import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3), torch.tensor(2)),
    tags={"torch.dynamic-value", "python.control-flow", "python.builtin"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def range_over_tensor_value(x, times):
    """
    `range(tensor)` needs the number that the tensor holds.

    The number of turns would be fixed at that of the example.
    """
    for _ in range(times):
        x = x * 2
    return x
