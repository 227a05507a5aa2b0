import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.control-flow", "torch.dtype"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(5, 2),)],
    rejected_args=[(torch.randn(3, 2).to(torch.float64),)],
)
def for_with_else(x):
    """
    The `else` of a `for` runs when no turn ended with `break`, as in Python.

    What the loop looks at, the dtype of the input, is always part of the contract.
    """
    for dtype in (torch.float16, torch.bfloat16):
        if x.dtype == dtype:
            x = x.to(torch.float32)
            break
    else:
        x = x * 1.0
    return x.exp()
