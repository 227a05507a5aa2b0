import torch
import torch.nn.functional as F

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(1, 3, 6, 8),),
    tags={"torch.dynamic-shape", "torch.operator"},
    dynamic_shapes={"image": "_ _ height width"},
    extra_args=[(torch.randn(1, 3, 5, 5),), (torch.randn(1, 3, 2, 11),)],
)
def interpolate_by_factor(image):
    """
    An image of any size is scaled by a factor, and back to its own size.

    Interpolation needs at least one pixel, which the contract says.
    """
    doubled = F.interpolate(image, scale_factor=2.0, mode="nearest")
    return F.interpolate(doubled, size=image.shape[-2:], mode="bilinear", align_corners=False)
