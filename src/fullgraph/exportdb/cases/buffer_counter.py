import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "torch.module", "torch.mutation"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(3),), (torch.ones(4),), (torch.randn(0),)],
    rewrite_of="attribute_counter",
)
class BufferCounter(torch.nn.Module):
    """
    A counter that is a buffer is counted up by the program, at each call.

    The new value is an output of the graph, written back to the buffer as the signature says. It is saved
    with the program.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return x * self.calls
