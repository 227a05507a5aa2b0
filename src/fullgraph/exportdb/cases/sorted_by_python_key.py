import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.randn(3, 2), torch.randn(4), torch.randn(2, 1, 1)],),
    tags={"python.builtin", "python.data-structure"},
    dynamic_shapes={"tensors": ["n _", "m", "k _ _"]},
    extra_args=[([torch.randn(0, 2), torch.randn(9), torch.randn(1, 1, 1)],)],
    rejected_args=[([torch.randn(4), torch.randn(3, 2), torch.randn(2, 1, 1)],)],
)
def sorted_by_python_key(tensors):
    """
    A list of tensors can be sorted by what is known at export, such as rank or dtype.

    The order is decided then. It cannot change later, because the contract fixes what it was decided by.
    """
    return [tensor.sum() for tensor in sorted(tensors, key=torch.Tensor.dim, reverse=True)]
