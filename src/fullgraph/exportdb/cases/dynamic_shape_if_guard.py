import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2, 2),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": (fullgraph.Dim.AUTO, fullgraph.Dim.AUTO, fullgraph.Dim.AUTO)},
    extra_args=[(torch.ones(3, 5, 1),), (torch.ones(3, 0, 2),)],
    rejected_args=[(torch.ones(4, 2, 2),)],
)
class DynamicShapeIfGuard(torch.nn.Module):
    """
    An `if` on a size that may be pinned (`Dim.AUTO`) follows the side of the example, and the contract says so.

    The other sizes stay dynamic. Were the first dim declared dynamic, the export would be refused: the case
    `branch_on_size` shows that, and how to capture both sides.
    """

    def forward(self, x):
        if x.shape[0] == 3:
            return x.cos()

        return x.sin()
