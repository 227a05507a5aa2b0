import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 2, 3),),
    tags={"torch.scan", "torch.module"},
    dynamic_shapes={"xs": "time batch _"},
    extra_args=[(torch.randn(1, 4, 3),), (torch.randn(0, 2, 3),), (torch.randn(30, 1, 3),)],
)
class RecurrentCellByScan(torch.nn.Module):
    """
    A recurrent cell runs over a dynamic number of steps with `scan`.

    Each step returns the new state and an output; the outputs are stacked. A Python loop over `xs` would be unrolled.
    """

    def __init__(self):
        super().__init__()
        self.cell = torch.nn.GRUCell(3, 4)

    def forward(self, xs):
        def step(state, x):
            state = self.cell(x, state)
            return state, state.tanh()

        return fullgraph.scan(step, xs.new_zeros(xs.shape[1], 4), xs)
