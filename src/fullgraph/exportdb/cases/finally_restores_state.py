import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.exceptions", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
)
class FinallyRestoresState(torch.nn.Module):
    """
    `finally` runs when the trace leaves the block, so a flag that is switched for a moment is switched back.

    The dropout is recorded as it was inside: turned off.
    """

    def __init__(self):
        super().__init__()
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, x):
        was_training = self.dropout.training
        self.dropout.eval()
        try:
            return self.dropout(x)
        finally:
            self.dropout.train(was_training)
