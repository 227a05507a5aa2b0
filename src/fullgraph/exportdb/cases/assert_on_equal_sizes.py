import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5), torch.randn(5)),
    tags={"python.assert", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(9), torch.randn(9))],
    rejected_args=[(torch.randn(5), torch.randn(6))],
)
def assert_on_equal_sizes(x, y):
    """
    Two inputs that are declared with one name have equal sizes, so asserting it adds nothing.

    The name in `dynamic_shapes` says it already, and a call with different sizes is rejected before anything
    is computed.
    """
    assert x.shape == y.shape
    return x * y
