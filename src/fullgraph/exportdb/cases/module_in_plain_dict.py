import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module", "python.data-structure"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
)
class ModuleInPlainDict(torch.nn.Module):
    """
    Modules in a plain dict are captured, although the module around them does not know of them.

    Their weights are constants of the program and not parameters, as in eager they are missing from
    `parameters()`. With `torch.nn.ModuleDict` they are parameters.
    """

    def __init__(self):
        super().__init__()
        self.heads = {"wide": torch.nn.Linear(4, 8), "narrow": torch.nn.Linear(4, 2)}

    def forward(self, x):
        return {name: head(x) for name, head in self.heads.items()}
