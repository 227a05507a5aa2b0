import torch

from fullgraph.exportdb import Call, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.arguments", "torch.contract"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),), Call((torch.randn(3),), {"mask": None})],
    rejected_args=[(torch.randn(3), torch.ones(3))],
)
def optional_tensor_argument(x, mask=None):
    """
    An argument that defaults to `None` and is left out in the example has to be left out, or be `None`.

    A call with a mask is rejected, rather than answered without it. Export a second program with a mask.
    """
    if mask is not None:
        x = x * mask
    return x.sum()
