import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"python.state", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(1, 3),), (torch.randn(7, 3),)],
)
class MaskMadeAtFirstCall(torch.nn.Module):
    """
    A tensor that the first call makes and keeps is part of the graph when it depends on nothing but the program.

    Then the second call, which finds it, computes the same; this is tried at the export. The attribute is put back.
    """

    def __init__(self):
        super().__init__()
        self.mask = None

    def forward(self, x):
        if self.mask is None:
            self.mask = torch.ones(3, 3).tril()
        return x @ self.mask
