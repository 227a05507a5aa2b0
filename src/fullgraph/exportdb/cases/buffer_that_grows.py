import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(1, 4),),
    tags={"torch.mutation", "torch.module"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
class BufferThatGrows(torch.nn.Module):
    """
    A buffer keeps its size: a program writes new contents into it, and never puts a larger tensor there.

    So a cache that grows from call to call cannot be a buffer.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("cache", torch.zeros(0, 4))

    def forward(self, x):
        self.cache = torch.cat([self.cache, x])
        return self.cache.sum(0)
