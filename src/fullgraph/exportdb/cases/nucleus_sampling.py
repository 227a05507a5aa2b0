import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 10),),
    tags={"torch.dynamic-value", "torch.operator"},
    dynamic_shapes={"logits": "batch vocabulary"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(5, 30),)],
)
def nucleus_sampling(logits):
    """
    The filter of nucleus (top-p) sampling, as libraries write it: sort, cumulate, mask, scatter back.

    Nothing in it has a size that depends on values, so it needs no special care.
    """
    ordered, order = torch.sort(logits, descending=True)
    excess = ordered.softmax(-1).cumsum(-1) > 0.9
    excess[..., 1:] = excess[..., :-1].clone()
    excess[..., 0] = False
    return logits.masked_fill(excess.scatter(1, order, excess), float("-inf"))
