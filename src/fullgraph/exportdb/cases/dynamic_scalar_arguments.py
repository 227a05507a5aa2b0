import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), 3, 0.5),
    tags={"torch.dynamic-value", "python.arguments"},
    dynamic_shapes={"x": "n", "times": fullgraph.Dim.DYNAMIC, "scale": fullgraph.Dim.DYNAMIC},
    extra_args=[(torch.randn(4), -2, 1.5), (torch.randn(0), 0, float("inf")), (torch.randn(9), 12345, -0.0)],
    rejected_args=[(torch.randn(4), True, 0.5), (torch.randn(4), 3, 1)],
)
def dynamic_scalar_arguments(x, times, scale):
    """
    Integers and floats as arguments are dynamic when the spec says so; otherwise their values are checked.

    Their Python types are part of the contract, because the dtypes of results follow from them.
    """
    return x * times + scale, x.new_full((2,), scale)
