import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.cond", "torch.func"},
    dynamic_shapes={"xs": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(7, 2),)],
    rewrite_of="cond_inside_vmap",
)
def where_inside_vmap(xs):
    """`torch.where` computes both sides and chooses for each row, inside `torch.vmap` too."""
    return torch.vmap(lambda x: torch.where(x.sum() > 0, x.cos(), x.sin()))(xs)
