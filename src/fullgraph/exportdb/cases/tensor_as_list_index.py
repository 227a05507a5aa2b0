import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3), torch.tensor(1)),
    tags={"torch.dynamic-value", "python.data-structure"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def tensor_as_list_index(x, level):
    """
    A Python list cannot be asked for the element that a tensor names: the list is not in the graph.

    Which element it is would be fixed at export.
    """
    scales = [0.5, 1.0, 2.0]
    return x * scales[int(level)]
