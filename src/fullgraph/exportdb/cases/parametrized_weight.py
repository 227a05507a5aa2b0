import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
)
class ParametrizedWeight(torch.nn.Module):
    """
    A parametrized weight is computed in the graph from the tensors that are trained.

    Here `weight_norm` makes the weight from a length and a direction.
    """

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 2))

    def forward(self, x):
        return self.linear(x)
