import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.while-loop", "torch.mutation"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.full((3,), 50.0),), (torch.ones(7),)],
    rewrite_of="loop_condition_that_writes",
)
def loop_body_that_counts(x):
    """The body of a loop may write to tensors from outside of it; they are carried by themselves."""
    count = torch.zeros(())

    def double(x):
        count.add_(1)
        return (x * 2,)

    return fullgraph.while_loop(lambda x: x.sum() < 100, double, (x,)), count
