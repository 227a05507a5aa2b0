import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), torch.tensor(1)),
    tags={"torch.dynamic-value", "torch.indexing"},
    extra_args=[(torch.randn(3), torch.tensor(0)), (torch.randn(3), torch.tensor(2))],
    rewrite_of="tensor_as_list_index",
)
def tensor_as_tensor_index(x, level):
    """
    A table in a tensor is indexed in the graph.

    For functions instead of numbers, `fullgraph.switch` calls the one that an index names.
    """
    scales = torch.tensor([0.5, 1.0, 2.0])
    return x * scales[level]
