import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(4), torch.randn(5, 5)),
    tags={"torch.dynamic-value", "torch.escape-hatch", "python.control-flow"},
    dynamic_shapes={"x": None, "y": "n _"},
    extra_args=[(torch.tensor(0), torch.randn(0, 5)), (torch.tensor(5), torch.randn(70, 5))],
)
def constrain_as_value_example(x, y):
    """
    An `if` on a number from `item()` is decided at export when a check before it leaves one answer.

    The check stays in the program, so a call with a number outside raises; only the branch is gone from the graph.
    """
    level = x.item()
    torch._check(level >= 0)
    torch._check(level <= 5)
    if level < 6:
        return y.sin()
    return y.cos()
