import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 5, 5),),
    tags={"torch.dynamic-shape", "torch.factory"},
    dynamic_shapes={"scores": "batch length length"},
    extra_args=[(torch.randn(1, 1, 1),), (torch.randn(3, 9, 9),)],
)
def causal_mask_from_size(scores):
    """
    A mask is made for the length of the call.

    Constructors (`arange`, `ones`, `full`, `tril`) take dynamic sizes; nothing is fixed at the length of the example.
    """
    length = scores.shape[-1]
    mask = torch.ones(length, length, dtype=torch.bool, device=scores.device).tril()
    return scores.masked_fill(~mask, float("-inf")).softmax(-1)
