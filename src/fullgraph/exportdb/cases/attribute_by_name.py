import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4), "gelu"),
    tags={"python.builtin", "python.object-model"},
    dynamic_shapes={"x": "batch _", "activation": None},
    extra_args=[(torch.randn(0, 4), "gelu"), (torch.randn(10, 4), "gelu")],
    rejected_args=[(torch.randn(3, 4), "relu")],
)
class AttributeByName(torch.nn.Module):
    """
    Layers and functions may be looked up by name with `getattr`.

    A string as argument is a constant of the program and is checked at each call.
    """

    def __init__(self):
        super().__init__()
        self.layer_0 = torch.nn.Linear(4, 4)
        self.layer_1 = torch.nn.Linear(4, 2)

    def forward(self, x, activation):
        for index in range(2):
            x = getattr(self, f"layer_{index}")(x)
        return getattr(torch.nn.functional, activation)(x)
