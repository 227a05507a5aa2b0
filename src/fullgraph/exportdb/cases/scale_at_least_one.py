import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.builtin", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),), (torch.randn(50, 2),)],
)
def scale_at_least_one(x):
    """
    The larger of an integer and a float of sizes is whichever it is in Python.

    With a tensor of floats it makes no difference which of the two a number is, so the size stays dynamic.
    """
    return x * max(1, x.shape[0] / 8), x[: int(min(x.shape[0], 2.5))]
