import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.object-model", "python.state"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(30, 2),)],
)
class ModelAttrMutation(torch.nn.Module):
    """
    An attribute that `forward` replaces before it reads it is a value on the way, like a local variable.

    Nothing depends on what the attribute was, so the call before does not matter. The module has its old list back
    after the export; the program keeps no list.
    """

    def __init__(self):
        super().__init__()
        self.attr_list = [torch.randn(3, 2), torch.randn(3, 2)]

    def recreate_list(self):
        return [torch.zeros(3, 2), torch.zeros(3, 2)]

    def forward(self, x):
        self.attr_list = self.recreate_list()
        return x.sum() + self.attr_list[0].sum()
