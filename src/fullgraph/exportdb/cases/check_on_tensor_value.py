import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.rand(5),),
    tags={"python.assert", "torch.dynamic-value"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.rand(1),), (torch.rand(0),)],
)
def check_on_tensor_value(x):
    """
    `torch._assert_async` asserts something of the values of a tensor, at each call.

    The assertion is a node of the graph and is kept although nobody uses its result.
    """
    torch._assert_async((x >= 0).all(), "negative")
    return x.sqrt()
