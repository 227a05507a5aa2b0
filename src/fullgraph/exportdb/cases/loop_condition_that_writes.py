import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.while-loop", "torch.mutation"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def loop_condition_that_writes(x):
    """The condition of a loop answers, and changes nothing; how often it is asked is nobody's business."""
    count = torch.zeros(())

    def below(x):
        count.add_(1)
        return x.sum() < 100

    return fullgraph.while_loop(below, lambda x: (x * 2,), (x,)), count
