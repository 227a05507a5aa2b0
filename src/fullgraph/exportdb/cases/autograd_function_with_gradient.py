import torch

from fullgraph.exportdb import export_case


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(weight)
        return x * 1.0

    @staticmethod
    def backward(ctx, gradient):
        (weight,) = ctx.saved_tensors
        return -gradient * weight, None


@export_case(
    example_args=(torch.randn(4, requires_grad=True), torch.tensor(0.5)),
    tags={"torch.autograd"},
    dynamic_shapes={"x": "n", "weight": None},
    extra_args=[
        (torch.randn(0, requires_grad=True), torch.tensor(0.1)),
        (torch.randn(9, requires_grad=True), torch.tensor(0.1)),
    ],
)
def autograd_function_with_gradient(x, weight):
    """
    The backward of an `autograd.Function` is recorded with it, and used when the program is trained.

    Both are subgraphs of one node. `save_for_backward` is handed from one to the other.
    """
    return Reversed.apply(x, weight)
