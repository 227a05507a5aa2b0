import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"torch.scan", "torch.dynamic-shape"},
    dynamic_shapes={"xs": "time _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(1, 3),), (torch.randn(12, 3),)],
    rewrite_of="loop_over_dynamic_size",
)
def loop_over_dynamic_size_as_scan(xs):
    """
    `scan` carries the state over any number of steps.

    The step returns the state, and what to collect of each step: here nothing.
    """

    def step(state, x):
        return torch.tanh(state + x), None

    return fullgraph.scan(step, torch.zeros(3), xs)[0]
