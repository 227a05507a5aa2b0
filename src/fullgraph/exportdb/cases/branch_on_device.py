import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.device", "torch.contract"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(5, 3),)],
    rejected_args=[(torch.randn(4, 3, device="meta"),)],
)
def branch_on_device(x):
    """
    The device of an input is always part of the contract, so a branch on it is decided at export.

    New tensors made on `x.device` are made on that device in the graph.
    """
    table = torch.arange(3, device=x.device, dtype=x.dtype)
    if x.device.type == "cpu":
        return x + table
    return x - table
