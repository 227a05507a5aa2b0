import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.strings", "torch.dynamic-value"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(1),), (torch.randn(7),)],
    rewrite_of="text_of_tensor",
)
def value_beside_fixed_text(x):
    """The value is returned as a tensor, and whoever called the program makes text of it."""
    return {"mean": x.mean(), "doubled": x * 2}
