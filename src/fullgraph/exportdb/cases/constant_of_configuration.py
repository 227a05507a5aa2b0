import sys

import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.escape-hatch"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(1),), (torch.randn(7),)],
    rewrite_of="constant_of_input",
)
def constant_of_configuration(x):
    """`fullgraph.constant` is for what does not depend on inputs; what does is simply computed."""
    return (x - x.mean()) * fullgraph.constant(len, sys.argv[:1])
