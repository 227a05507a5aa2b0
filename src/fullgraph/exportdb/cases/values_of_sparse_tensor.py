import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.eye(3).to_sparse(),),
    tags={"torch.dynamic-value", "torch.operator"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def values_of_sparse_tensor(x):
    """How many values a sparse tensor stores is known only when the program runs."""
    return x.coalesce().values() * 2
