import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


class AddOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.autograd", "torch.mutation"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def autograd_function_that_writes(x):
    """
    A `torch.autograd.Function` that writes its input cannot be one operator of the graph.

    Autograd would have to follow the write through it.
    """
    return AddOne.apply(x.clone())
