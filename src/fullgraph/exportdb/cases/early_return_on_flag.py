import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), True),
    tags={"python.control-flow", "torch.contract"},
    dynamic_shapes={"x": "n _", "normalize": None},
    extra_args=[(torch.randn(0, 2), True), (torch.randn(40, 2), True)],
    rejected_args=[(torch.randn(3, 2), False)],
)
def early_return_on_flag(x, normalize):
    """
    A `return` under a Python flag is decided at export, and the flag becomes a line of the contract.

    A call with the other flag is rejected. Export once for each flag, or use `boolean_argument` for one program that
    takes both.
    """
    if not normalize:
        return x
    return x - x.mean(dim=1, keepdim=True)
