import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"python.control-flow", "torch.module"},
    dynamic_shapes={"x": "batch _"},
    extra_args=[(torch.randn(0, 4),), (torch.randn(1, 4),), (torch.randn(64, 4),)],
)
class LoopOverLayers(torch.nn.Module):
    """
    A loop over the layers of a `ModuleList` is unrolled: the layers are there at export.

    `if` on the index or on the class of a layer is decided by Python; it leaves nothing in the graph.
    """

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4)])

    def forward(self, x):
        for index, layer in enumerate(self.layers):
            update = layer(x)
            x = x + update if index > 0 and isinstance(layer, torch.nn.Linear) else update
        return x
