import torch
from torch.func import grad

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4),),
    tags={"torch.autograd", "torch.func"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
    rewrite_of="gradient_in_forward",
)
def func_grad(x):
    """
    `torch.func.grad` takes the gradient of a function, and its operators are recorded.

    The function is a function of what the gradient is taken by; no tensor has to require a gradient.
    """

    def energy(x):
        return (x**3).sum()

    return -grad(energy)(x)
