import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 4, 2), torch.tensor([4, 2, 1])),
    tags={"torch.dynamic-value", "torch.module"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
class PackedSequence(torch.nn.Module):
    """
    `pack_padded_sequence` reads the lengths on the host, so the packed batch would be that of the example.

    How many steps each sequence takes is decided in Python from the values of a tensor.
    """

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(2, 3, batch_first=True)

    def forward(self, x, lengths):
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        return self.rnn(packed)[1]
