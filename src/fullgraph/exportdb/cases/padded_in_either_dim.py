import torch
from torch.nn import functional as F

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 6, 8, 3),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": "b h w 3"},
    extra_args=[(torch.randn(1, h, w, 3),) for h, w in ((5, 8), (6, 7), (5, 7), (1, 1), (0, 2))],
)
def padded_in_either_dim(x):
    """A padding by nothing is nothing, so the side of the branch that pads is right for all sizes."""
    _, height, width, _ = x.shape
    if height % 2 == 1 or width % 2 == 1:
        x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
    return torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
