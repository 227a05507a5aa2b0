import torch

from fullgraph.exportdb import export_case


class AddOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x + 1

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.autograd"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(1),), (torch.randn(7),)],
    rewrite_of="autograd_function_that_writes",
)
def autograd_function_that_returns_new(x):
    """A `torch.autograd.Function` that returns a new tensor is one operator, with its backward."""
    return AddOne.apply(x.clone())
