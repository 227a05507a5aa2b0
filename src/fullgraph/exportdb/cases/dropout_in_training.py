import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.random", "torch.module", "torch.operator"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(50, 3),)],
)
class DropoutInTraining(torch.nn.Module):
    """
    Dropout of a module in training mode is in the graph, and draws new numbers at each call.

    Call `eval()` before the export for a program without it: the mode at export is the mode of the program.
    """

    def __init__(self):
        super().__init__()
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(x)
