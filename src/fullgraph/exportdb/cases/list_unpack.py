import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.randn(3, 2), torch.tensor(4), torch.tensor(5)],),
    tags={"python.data-structure"},
    dynamic_shapes={"tensors": ["n _", None, None]},
    extra_args=[
        ([torch.randn(0, 2), torch.tensor(1), torch.tensor(2)],),
        ([torch.randn(9, 2), torch.tensor(1), torch.tensor(2)],),
    ],
    rejected_args=[([torch.randn(3, 2), torch.tensor(4)],)],
)
def list_unpack(tensors):
    """
    A list of tensors as input is taken apart by Python at export; the program has an input for each tensor.

    How many there are is part of the contract.
    """
    x, *rest = tensors
    return x + rest[0]
