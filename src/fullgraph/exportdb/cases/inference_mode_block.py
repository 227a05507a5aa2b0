import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.autograd", "python.context-manager"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def inference_mode_block(x):
    """`torch.inference_mode` inside a program makes tensors that autograd may not use later; a graph cannot say that."""
    with torch.inference_mode():
        scale = x.abs().max()
    return x / scale
