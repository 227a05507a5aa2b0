import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(4, 3), torch.randn(4, 3)),
    tags={"torch.aliasing", "python.object-model"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def address_of_tensor(query, key):
    """
    The address of a traced tensor, `data_ptr()`, cannot be asked: it has no memory.

    The address differs from call to call, and no graph computes with it.
    """
    if query.data_ptr() == key.data_ptr():
        return query * 2
    return query + key
