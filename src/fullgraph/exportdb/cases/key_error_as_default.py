import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=({"x": torch.randn(3)},),
    tags={"python.exceptions", "python.data-structure"},
    dynamic_shapes={"inputs": {"x": "n"}},
    extra_args=[({"x": torch.randn(0)},), ({"x": torch.randn(9)},)],
    rejected_args=[({"x": torch.randn(3), "bias": torch.randn(3)},)],
)
def key_error_as_default(inputs):
    """
    `try` and `except` around plain Python are plain Python.

    Which keys a dict has is part of the contract: a call with a "bias" is rejected, since eager would use it.
    """
    try:
        bias = inputs["bias"]
    except KeyError:
        bias = 0.0
    return inputs["x"] + bias
