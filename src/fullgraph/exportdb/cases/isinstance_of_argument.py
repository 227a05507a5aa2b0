import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3), 2.0),
    tags={"python.builtin", "python.object-model", "torch.contract"},
    dynamic_shapes={"x": "n", "scale": None},
    extra_args=[(torch.randn(0), 2.0), (torch.randn(7), 2.0)],
    rejected_args=[(torch.randn(3), torch.tensor(2.0)), (torch.randn(3), [2.0]), (torch.randn(3), 3.0)],
)
def isinstance_of_argument(x, scale):
    """
    `isinstance` of an argument is answered by the example; the type is part of the contract.

    A call with an argument of another type is rejected: it would take the other branch in eager.
    """
    if isinstance(scale, torch.Tensor):
        return x * scale.sum()
    if isinstance(scale, (list, tuple)):
        return x * sum(scale)
    return x * scale
