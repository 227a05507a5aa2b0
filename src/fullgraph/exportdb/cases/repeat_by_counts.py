import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.tensor([1, 0, 2])),
    tags={"torch.dynamic-value", "torch.operator"},
    dynamic_shapes={"x": "n _", "counts": "n"},
    extra_args=[(torch.randn(2, 2), torch.tensor([0, 0])), (torch.randn(1, 2), torch.tensor([5]))],
)
def repeat_by_counts(x, counts):
    """
    Rows are repeated as often as a tensor says, as a length regulator of speech synthesis does.

    The size of the result is the sum of the counts, known at the call.
    """
    return torch.repeat_interleave(x, counts, dim=0)
