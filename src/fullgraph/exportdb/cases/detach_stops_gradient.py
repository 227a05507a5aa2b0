import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, requires_grad=True),),
    tags={"torch.autograd"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0, requires_grad=True),), (torch.randn(9, requires_grad=True),)],
)
def detach_stops_gradient(x):
    """
    `detach` stays in the graph, so gradients through the program stop where they do in eager.

    This is the straight-through estimator: rounded values forward, the identity backward.
    """
    return x + (x.round() - x).detach()
