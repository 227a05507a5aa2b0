import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(4, 3)),
    tags={"torch.random"},
    dynamic_shapes={"x": "n _", "noise": "n _"},
    extra_args=[(torch.randn(0, 3), torch.randn(0, 3)), (torch.randn(50, 3), torch.randn(50, 3))],
    rewrite_of="random_generator",
)
def random_noise_as_argument(x, noise):
    """
    Noise that has to be the same at each call is drawn by the caller, from a generator of its own.

    For noise that may differ, draw without `generator=`: the program then uses PyTorch's global one, as eager does.
    """
    return x + noise
