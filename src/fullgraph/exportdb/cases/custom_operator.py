import torch

from fullgraph.exportdb import export_case


@torch.library.custom_op("fullgraph_cases::halve", mutates_args=())
def halve(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy() / 2)


@halve.register_fake
def _(x):
    return torch.empty_like(x)


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.operator", "torch.escape-hatch"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (torch.randn(5, 3),)],
    rewrite_of="operator_without_shapes",
)
def custom_operator(x):
    """
    An operator registered with `torch.library` is one node, and nobody looks inside.

    What it returns is described by the function given to `register_fake`. This is the way to take NumPy or
    compiled code along.
    """
    return halve(x) + 1
