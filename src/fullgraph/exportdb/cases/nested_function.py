import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.randn(2)),
    tags={"python.closure"},
    dynamic_shapes={"a": "n _", "b": None},
    extra_args=[(torch.randn(0, 2), torch.randn(2)), (torch.randn(1, 2), torch.randn(2))],
)
def nested_function(a, b):
    """
    A nested function may use and, by `nonlocal`, rebind variables of the function around it.

    `x += 1` writes to the tensor in place, which is seen wherever it is used: here as the argument too.
    """
    x = a + b
    z = a - b

    def closure(y):
        nonlocal x
        x += 1
        return x * y + z

    return closure(x)
