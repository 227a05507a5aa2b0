import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4, 2), torch.tensor([4, 2, 1])),
    tags={"torch.dynamic-value", "torch.module"},
    dynamic_shapes={"x": "batch length _", "lengths": "batch"},
    extra_args=[(torch.randn(2, 6, 2), torch.tensor([1, 6])), (torch.randn(1, 1, 2), torch.tensor([1]))],
    rewrite_of="packed_sequence",
)
class PaddedSequence(torch.nn.Module):
    """
    The whole padded batch runs, and the state at the end of each sequence is gathered.

    For a network that reads in one direction the result is that of the packed batch.
    """

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(2, 3, batch_first=True)

    def forward(self, x, lengths):
        states, _ = self.rnn(x)
        return states[torch.arange(x.shape[0]), lengths - 1]
