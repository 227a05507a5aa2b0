import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.state", "torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(0, 4),), (torch.ones(4, 4),)],
)
class ActivationsByHook(torch.nn.Module):
    """
    A forward hook that keeps what a layer returned is part of the program.

    The dict on the module is written before it is read, so it needs no state between calls. It holds no
    traced tensor after the export.
    """

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 4)
        self.second = torch.nn.Linear(4, 2)
        self.kept = {}
        self.first.register_forward_hook(self.keep)

    def keep(self, module, args, output):
        self.kept["first"] = output

    def forward(self, x):
        y = self.second(self.first(x).relu())
        return y, self.kept["first"]
