import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.dynamic-value", "torch.mutation", "torch.indexing"},
    dynamic_shapes={"keys": "batch _"},
    extra_args=[(torch.randn(2, 3),), (torch.randn(1, 3),), (torch.randn(4, 3),)],
)
class QueueWrittenAtPointer(torch.nn.Module):
    """
    A position is kept in a buffer, and the program writes there.

    `int(buffer)` is a number that is known when the program runs, and may be the bound of a slice.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("queue", torch.zeros(3, 16))
        self.register_buffer("position", torch.zeros(1, dtype=torch.long))

    def forward(self, keys):
        start = int(self.position)
        similarity = keys @ self.queue.clone()
        self.queue[:, start : start + keys.shape[0]] = keys.T
        self.position[0] = (start + keys.shape[0]) % self.queue.shape[1]
        return similarity
