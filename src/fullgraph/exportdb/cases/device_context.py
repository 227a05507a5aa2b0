import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.context-manager", "torch.device", "torch.factory"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.ones(0),), (torch.ones(4),)],
)
def device_context(x):
    """
    A device may be entered as a context: `with x.device:` makes new tensors there.

    The device of the input is part of the contract, and the constructors in the graph name it.
    """
    with x.device:
        return x + torch.arange(x.shape[0])
