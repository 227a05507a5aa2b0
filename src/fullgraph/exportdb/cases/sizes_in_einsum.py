import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 5, 3), torch.randn(2, 7, 3)),
    tags={"torch.dynamic-shape", "torch.operator"},
    dynamic_shapes={"q": "batch queries _", "k": "batch keys _"},
    extra_args=[(torch.randn(1, 1, 3), torch.randn(1, 4, 3)), (torch.randn(3, 2, 3), torch.randn(3, 1, 3))],
)
def sizes_in_einsum(q, k):
    """
    `einsum` contracts operands with three independent dynamic sizes.

    The letters that occur in both operands name the same dim, which the spec says too.
    """
    return torch.einsum("bqd,bkd->bqk", q, k).softmax(-1)
