import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.random", "python.state"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def seed_set_in_forward(x):
    """The seed of PyTorch's random numbers is state outside of the graph, which a program does not set."""
    torch.manual_seed(0)
    return x + torch.rand(x.shape)
