import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2, 2),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": "n _ _"},
    extra_args=[(torch.ones(4, 2, 2),), (torch.ones(2, 2, 2),)],
)
class DynamicShapeIfGuard(torch.nn.Module):
    """
    An `if` on a dynamic size is captured with both of its branches.

    Other exporters keep the branch of the example, or refuse the program when the size is declared dynamic.
    """

    def forward(self, x):
        if x.shape[0] == 3:
            return x.cos()

        return x.sin()
