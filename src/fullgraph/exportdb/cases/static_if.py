import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2, 2),),
    tags={"python.control-flow", "torch.contract"},
    dynamic_shapes={"x": "n _ _"},
    extra_args=[(torch.randn(0, 2, 2),), (torch.randn(6, 2, 2),)],
    rejected_args=[(torch.randn(3, 2),)],
)
def static_if(x):
    """
    An `if` that Python can answer at export leaves only the branch that was taken.

    The number of axes is such an answer. It is in the contract: an input with two axes is rejected.
    """
    if len(x.shape) == 3:
        return x + torch.ones(1, 1, 1)
    return x
