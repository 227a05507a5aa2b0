import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.eye(3).to_sparse(),),
    tags={"torch.mutation", "torch.operator"},
    extra_args=[(torch.ones(3, 3).to_sparse(),)],
    rewrite_of="write_to_sparse_tensor",
)
def sparse_tensor_made_dense(x):
    """A sparse tensor is made dense first, and can be written from there on."""
    return x.to_dense().mul_(2)
