import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.generators", "python.data-structure"},
    rewrite_of="generator_returned",
)
def list_returned(x):
    """What a generator gives is put into a list before it is returned."""
    return [row.sum() for row in x]
