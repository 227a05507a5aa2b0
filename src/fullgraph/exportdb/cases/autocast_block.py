import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4), torch.randn(4, 2)),
    tags={"python.context-manager", "torch.dtype"},
    dynamic_shapes={"x": "n _", "w": None},
    extra_args=[(torch.ones(0, 4), torch.randn(4, 2)), (torch.ones(4, 4), torch.randn(4, 2))],
)
def autocast_block(x, w):
    """
    Inside `torch.autocast` the casts that PyTorch makes are recorded as nodes.

    The block is gone from the graph. Whether autocast was on around the call is part of the contract, since
    the program would compute in another dtype.
    """
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = x @ w
    return y.float().softmax(-1)
