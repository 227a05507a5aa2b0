import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.eye(3).to_sparse(),),
    tags={"torch.dynamic-value", "torch.operator"},
    extra_args=[(torch.ones(3, 3).to_sparse(),), (torch.zeros(3, 3).to_sparse(),)],
    rewrite_of="values_of_sparse_tensor",
)
def sparse_tensor_as_a_whole(x):
    """Operators on sparse tensors as a whole are captured, however many values they store."""
    return torch.sparse.mm(x, torch.ones(3, 2)) * 2
