import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 2),),
    tags={"python.assert", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(512, 2),)],
    rejected_args=[(torch.randn(0, 2),), (torch.randn(513, 2),)],
)
def assert_on_chained_comparison(x):
    """
    A chained comparison in an `assert` is two questions, and each becomes a line of the contract.

    Together they are the range of the dim.
    """
    assert 0 < x.shape[0] <= 512, "between 1 and 512 rows"
    return x.cumsum(0)
