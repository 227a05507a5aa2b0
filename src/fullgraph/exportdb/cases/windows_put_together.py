import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(12, 4, 4, 3), torch.randn(2, 8, 12, 3)),
    tags={"torch.dynamic-shape", "python.builtin"},
    dynamic_shapes={"windows": "b*h*w 4 4 3", "image": "b 4*h 4*w 3"},
    extra_args=[(torch.randn(1, 4, 4, 3), torch.randn(1, 4, 4, 3))],
    rejected_args=[(torch.randn(11, 4, 4, 3), torch.randn(2, 8, 12, 3))],
)
def windows_put_together(windows, image):
    """
    The batch is worked out by a division in floating point, as Swin transformers do.

    What divides exactly is known to be an integer, as long as no size is above 2**53; the contract says so.
    """
    _, height, width, _ = image.shape
    batch = int(windows.shape[0] / (height * width / 4 / 4))
    tiles = windows.view(batch, height // 4, width // 4, 4, 4, -1)
    return tiles.permute(0, 1, 3, 2, 4, 5).reshape(batch, height, width, -1) + image
