import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 5, 3), torch.tensor([5, 3])),
    tags={"torch.dynamic-value", "torch.factory"},
    dynamic_shapes={"x": "batch length _", "lengths": "batch"},
    extra_args=[(torch.randn(1, 4, 3), torch.tensor([1])), (torch.randn(3, 2, 3), torch.tensor([2, 1, 2]))],
)
def lengths_to_padding_mask(x, lengths):
    """
    A mask made from lengths, and the mean over what is no padding.

    The lengths stay a tensor; only the longest one, the size of the batch, is a size.
    """
    mask = torch.arange(x.shape[1], device=x.device) < lengths[:, None]
    return (x * mask[..., None]).sum(1) / lengths[:, None]
