import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(1, 3, 8, 12),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"image": "b 3 4*h 4*w"},
    extra_args=[(torch.randn(2, 3, 4, 4),), (torch.randn(5, 3, 16, 20),)],
    rejected_args=[(torch.randn(1, 3, 9, 12),)],
)
def patches_of_image(image):
    """An image is cut into patches of 4 by 4; that its sizes are multiples of 4 is part of the spec."""
    batch, channels, height, width = image.shape
    tiles = image.reshape(batch, channels, height // 4, 4, width // 4, 4)
    return tiles.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
