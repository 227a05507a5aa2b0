import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3, 2, 4), torch.randn(2, 5, 2, 4), torch.randn(2, 5, 2, 4)),
    tags={"torch.operator", "torch.dynamic-shape"},
    dynamic_shapes={"query": "b q _ _", "key": "b k _ _", "value": "b k _ _"},
    extra_args=[
        (torch.randn(1, 1, 2, 4), torch.randn(1, 9, 2, 4), torch.randn(1, 9, 2, 4)),
        (torch.randn(3, 7, 2, 4), torch.randn(3, 1, 2, 4), torch.randn(3, 1, 2, 4)),
    ],
)
def attention_by_einsum(query, key, value):
    """Attention written with `einsum`, queries and keys of different lengths."""
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) * query.shape[-1] ** -0.5
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), value)
