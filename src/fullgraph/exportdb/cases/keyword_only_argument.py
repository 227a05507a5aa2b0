import torch

from fullgraph.exportdb import Call, export_case


@export_case(
    example_args=(torch.randn(3),),
    example_kwargs={"bias": torch.randn(3)},
    tags={"python.arguments"},
    dynamic_shapes={"x": "n", "bias": "n"},
    extra_args=[
        Call((torch.randn(0),), {"bias": torch.randn(0)}),
        Call((torch.randn(9),), {"bias": torch.randn(9)}),
    ],
    rejected_args=[Call((torch.randn(3),), {"bias": torch.randn(3), "scale": 3.0})],
)
def keyword_only_argument(x, /, *, bias, scale=2.0):
    """
    Keyword-only arguments and defaults are those of the function.

    A default that is a Python number is a constant: a call with another value is rejected.
    """
    return x * scale + bias
