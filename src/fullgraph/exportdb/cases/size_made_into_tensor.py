import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6, 3),),
    tags={"torch.dynamic-shape", "torch.factory"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 3),), (torch.randn(11, 3),)],
)
def size_made_into_tensor(x):
    """
    `torch.tensor(x.shape[0])` follows the size at each call.

    The value of such a tensor is known to be the size, so it can be a bound of a slice, or become a number again.
    """
    n = torch.tensor(x.shape[0])
    return x[: n // 2 * 2], x.sum(0) / n, n.item() + 1
