import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.cond", "torch.autograd", "torch.module"},
    extra_args=[(torch.ones(3),), (-torch.ones(3),)],
)
class CondWithGradients(torch.nn.Module):
    """
    Gradients flow through the branch that was taken, to operands and to parameters.

    `program.module()` can be trained like the model that was exported.
    """

    def __init__(self):
        super().__init__()
        self.left = torch.nn.Linear(3, 2)
        self.right = torch.nn.Linear(3, 2)

    def forward(self, x):
        return fullgraph.cond(x.sum() > 0, self.left, self.right, (x,))
