import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.context-manager", "torch.autograd"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(0, 4),), (torch.ones(4, 4),)],
    rewrite_of="inference_mode_block",
)
class NoGradBlock(torch.nn.Module):
    """
    The operators inside `torch.no_grad()` are kept together, so that the program can be trained.

    The region is a subgraph of its own, called with gradients off: the teacher gets none, the student does.
    """

    def __init__(self):
        super().__init__()
        self.teacher = torch.nn.Linear(4, 2)
        self.student = torch.nn.Linear(4, 2)

    def forward(self, x):
        with torch.no_grad():
            target = self.teacher(x)
        return (self.student(x) - target).square().mean()
