import torch
from torch.nn import functional as F

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3, 6, 4),),
    tags={"torch.dynamic-shape", "torch.operator"},
    dynamic_shapes={"image": "b 3 h w"},
    extra_args=[(torch.randn(1, 3, 1, 1),), (torch.randn(0, 3, 2, 5),), (torch.randn(3, 3, 9, 2),)],
)
def pooling_over_whole_image(image):
    """
    A window as large as the image may be given where the operator's schema takes plain integers.

    The graph has the sizes there, which are integers when it runs.
    """
    return F.avg_pool2d(image, kernel_size=image.size()[2:]).flatten(1)
