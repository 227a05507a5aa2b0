import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.while-loop", "python.data-structure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.full((3,), 50.0),), (torch.ones(7),)],
    rewrite_of="loop_that_changes_structure",
)
def loop_of_one_structure(x):
    """The body of a loop takes and returns the same values, each with what belongs to it."""
    return fullgraph.while_loop(lambda x, before: x.sum() < 100, lambda x, before: (x * 2, x), (x, x))
