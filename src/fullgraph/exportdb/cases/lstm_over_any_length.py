import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 5, 3),),
    tags={"torch.module", "torch.dynamic-shape"},
    dynamic_shapes={"x": "b s _"},
    extra_args=[(torch.randn(1, 1, 3),), (torch.randn(4, 9, 3),)],
)
class LstmOverAnyLength(torch.nn.Module):
    """`torch.nn.LSTM` is one node at any batch and length."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 4, batch_first=True)

    def forward(self, x):
        output, (hidden, cell) = self.lstm(x)
        return output, hidden
