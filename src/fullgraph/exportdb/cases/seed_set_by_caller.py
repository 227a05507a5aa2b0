import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.random"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(1),), (torch.randn(7),)],
    rewrite_of="seed_set_in_forward",
)
def seed_set_by_caller(x):
    """Whoever calls the program sets the seed; the numbers are drawn as in eager."""
    return x + torch.rand(x.shape)
