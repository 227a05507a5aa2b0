import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.module", "torch.mutation", "python.state"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(7, 4),)],
)
class AttributeSetInForward(torch.nn.Module):
    """
    An attribute that `forward` sets before it reads it is a value on the way.

    The module is as before after the export, and the program does not set the attribute. Return what is to be
    used outside, or make it a buffer, see `buffer_reassigned`.
    """

    def __init__(self):
        super().__init__()
        self.last = None

    def forward(self, x):
        self.last = x.mean(0)
        return x - self.last
