import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.random"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def random_generator(x):
    """
    A `torch.Generator` is state outside of the graph, which no graph can hold or save.

    Its numbers would go on from where the export left it.
    """
    generator = torch.Generator().manual_seed(0)
    return x + torch.randn(x.shape, generator=generator)
