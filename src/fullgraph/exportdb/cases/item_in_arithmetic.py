import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), torch.tensor(0.5)),
    tags={"torch.dynamic-value"},
    extra_args=[(torch.randn(3), torch.tensor(-2.0)), (torch.randn(3), torch.tensor(float("nan")))],
)
def item_in_arithmetic(x, scale):
    """
    A float from `item()` takes part in Python's arithmetic and in operators.

    It is a symbol of sort float; nan and infinities behave as in Python.
    """
    factor = scale.item() * 2 + 1
    return x * factor, x.clamp(max=factor)
