import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.mutation", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(2, 3),), (torch.randn(90, 3),)],
)
class BatchNormInTraining(torch.nn.Module):
    """
    In training mode a batch norm changes its buffers at each call, and so does the program.

    The running mean and variance and the count are outputs of the graph that are written back.
    """

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, x):
        return self.norm(x)
