import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "_ n"},
    extra_args=[(torch.ones(3, 5),), (torch.ones(3, 0),)],
)
def scalar_output(x):
    """
    Numbers computed from sizes can be returned, as tensors can.

    The program returns a Python `int`, computed anew at each call.
    """
    return x.shape[1] + 1
