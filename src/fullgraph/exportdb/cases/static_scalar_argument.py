import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), 3),
    tags={"torch.contract", "python.arguments"},
    rejected_args=[(torch.randn(4), 4)],
)
def static_scalar_argument(x, times):
    """
    A Python number that is not marked dynamic is a constant of the program, and is checked at each call.

    A peer that does not check gives the example's result for every other number.
    """
    return x * times
