import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 8),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": "batch length"},
    extra_args=[(torch.randn(1, 16),), (torch.randn(3, 17),), (torch.randn(2, 400),), (torch.randn(0, 0),)],
)
def truncated_if_longer(x):
    """
    An `if` that only spares work is captured as the side that is right for both, and nothing is assumed.

    The example takes the other side: it is short. Both sides are traced; where x has at most 16 columns, `x[:, :16]` is
    x, so the graph of the side that slices holds for every length.
    """
    if x.shape[1] > 16:
        x = x[:, :16]
    return x.softmax(-1)
