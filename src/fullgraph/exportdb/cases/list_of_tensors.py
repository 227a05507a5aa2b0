import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.ones(3), torch.ones(2)],),
    tags={"python.data-structure"},
    dynamic_shapes={"xs": ["n", "m"]},
    extra_args=[([torch.ones(1), torch.ones(7)],)],
    rewrite_of="set_of_tensors",
)
def list_of_tensors(xs):
    """The tensors of a list are told apart by their places."""
    return sum(x.sum() for x in xs)
