import torch

from fullgraph.exportdb import export_case


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * 2


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.autograd"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),), (torch.randn(50, 2),)],
)
def autograd_function(x):
    """
    The forward of an `autograd.Function` is recorded by the operators that it calls.

    `x` asks for no gradient here, so the backward plays no part, and the contract says so. With an input that asks
    for one, the program would have to hand the backward on, see `autograd_function_with_gradient`.
    """
    return Doubled.apply(x)
