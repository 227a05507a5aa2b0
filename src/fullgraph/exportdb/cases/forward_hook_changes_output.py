import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(0, 4),), (torch.ones(4, 4),)],
)
class ForwardHookChangesOutput(torch.nn.Module):
    """
    Hooks that change what goes into a layer or comes out of it are captured, as calling the layer in eager
    runs them.

    They are Python, so only their operators are in the graph.
    """

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)
        self.linear.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
        self.linear.register_forward_hook(lambda module, args, output: output.relu())

    def forward(self, x):
        return self.linear(x)
