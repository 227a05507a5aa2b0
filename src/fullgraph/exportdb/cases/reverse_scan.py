import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5),),
    tags={"torch.scan"},
    dynamic_shapes={"rewards": "time"},
    extra_args=[(torch.randn(1),), (torch.randn(9),), (torch.randn(0),)],
)
def reverse_scan(rewards):
    """
    `scan(..., reverse=True)` goes from the end: discounted returns of an episode.

    The outputs are stacked in the order of the input.
    """

    def step(later, reward):
        total = reward + 0.9 * later
        return total, total

    return fullgraph.scan(step, torch.zeros(()), rewards, reverse=True)[1]
