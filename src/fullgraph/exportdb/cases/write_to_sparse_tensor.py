import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.eye(3).to_sparse(),),
    tags={"torch.mutation", "torch.operator"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def write_to_sparse_tensor(x):
    """A write to a sparse tensor changes what it stores, which no pure operator says."""
    return x.mul_(2).to_dense()
