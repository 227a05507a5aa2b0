import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"torch.dynamic-value", "torch.operator"},
    dynamic_shapes={"x": "n"},
    extra_args=[(-torch.ones(5),), (torch.zeros(0),)],
    rewrite_of="branch_on_tensor_value",
)
def select_by_where(x):
    """
    `torch.where` chooses element by element, and is the cheaper way when both sides are.

    Both sides are computed at each call, so neither may fail or write.
    """
    return torch.where(x.sum() > 0, x.cos(), x.sin())
