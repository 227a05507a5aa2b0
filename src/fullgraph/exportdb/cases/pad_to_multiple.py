import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 21),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "batch length"},
    extra_args=[(torch.randn(1, 16),), (torch.randn(3, 17),), (torch.randn(2, 1),), (torch.randn(4, 0),)],
)
def pad_to_multiple(x):
    """
    A sequence is padded to a multiple of 8 and cut into windows, for every length.

    `length + -length % 8` is known to be `8 * ((length + 7) // 8)`, however the program computes it, so the view is
    right for every length and needs no condition.
    """
    batch, length = x.shape
    padded = torch.nn.functional.pad(x, (0, -length % 8))
    windows = padded.view(batch, (length + 7) // 8, 8)
    return windows.softmax(-1).view(batch, -1)[:, :length]
