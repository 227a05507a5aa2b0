import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 5, 8), torch.arange(5)),
    tags={"torch.dynamic-shape", "torch.operator"},
    dynamic_shapes={"x": "b s _", "positions": "s"},
    extra_args=[(torch.randn(1, 1, 8), torch.arange(1)), (torch.randn(3, 17, 8), torch.arange(17))],
)
def rotary_embedding(x, positions):
    """Rotary position embedding: angles from positions, halves of the last dim turned, at any length."""
    half = x.shape[-1] // 2
    frequencies = 10000.0 ** (-torch.arange(half) / half)
    angles = positions[:, None] * frequencies
    first, second = x.chunk(2, dim=-1)
    return torch.cat(
        [first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos()], -1
    )
