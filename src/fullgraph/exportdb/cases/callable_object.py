import torch

from fullgraph.exportdb import export_case


class Normalizer:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, x):
        return (x - self.mean) / self.std


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.object-model"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(7, 2),)],
)
class CallableObject(torch.nn.Module):
    """
    An object with `__call__` that is no module may be called, and its attributes used.

    Its tensors become constants of the program. They are not in `state_dict`; to be saved and moved as state
    they belong in buffers.
    """

    def __init__(self):
        super().__init__()
        self.normalize = Normalizer(torch.tensor([0.5, 1.0]), 2.0)

    def forward(self, x):
        return self.normalize(x)
