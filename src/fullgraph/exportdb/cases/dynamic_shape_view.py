import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(10, 10),),
    tags={"torch.dynamic-shape", "torch.aliasing"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(3, 10),), (torch.ones(1, 10),)],
)
def dynamic_shape_view(x):
    """
    The sizes given to `view` may be dynamic; they are computed in the graph.
    """
    new_x_shape = x.size()[:-1] + (2, 5)
    x = x.view(*new_x_shape)
    return x.permute(0, 2, 1)
