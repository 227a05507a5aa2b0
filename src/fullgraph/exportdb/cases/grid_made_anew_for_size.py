import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3, 4, 5),),
    tags={"torch.module", "torch.mutation", "python.state", "torch.dynamic-shape"},
    dynamic_shapes={"x": "batch 3 height width"},
    extra_args=[(torch.randn(1, 3, 1, 1),), (torch.randn(5, 3, 7, 2),), (torch.randn(2, 3, 0, 4),)],
)
class GridMadeAnewForSize(torch.nn.Module):
    """
    A grid is kept on the module, and made anew when the image has another size than the one before.

    Each call computes what a first one does: it makes the grid of its own sizes, or finds it made for the same.
    """

    def __init__(self):
        super().__init__()
        self.grid = torch.empty(0)

    def forward(self, x):
        if self.grid.shape[-2:] != x.shape[-2:]:
            rows, columns = torch.arange(x.shape[2]), torch.arange(x.shape[3])
            self.grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        return x.sigmoid().sum(1, keepdim=True) + self.grid
