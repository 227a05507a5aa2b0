import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.autograd"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def gradient_in_forward(x):
    """
    `torch.autograd.grad` inside a program works on a history of real tensors, which a trace does not have.

    Models of forces write it: the force is the negative gradient of the energy by the positions.
    """
    x = x.clone().requires_grad_()
    energy = (x**3).sum()
    (gradient,) = torch.autograd.grad(energy, x)
    return -gradient
