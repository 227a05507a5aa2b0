import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3), torch.randn(3, 2)),
    tags={"torch.contract", "torch.dtype"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(5, 3), torch.randn(3, 2))],
)
def call_inside_autocast(x, weight):
    """Autocast around a call would compute in another dtype than was recorded, so such a call needs another export."""
    return x @ weight
