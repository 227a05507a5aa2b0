import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(fullgraph.TensorSpec(("n", 3)), fullgraph.TensorSpec((3, "m"))),
    tags={"torch.dynamic-shape", "torch.contract"},
    extra_args=[(torch.randn(4, 3), torch.randn(3, 2)), (torch.randn(0, 3), torch.randn(3, 1))],
    rejected_args=[(torch.randn(4, 5), torch.randn(5, 2))],
)
def export_from_shapes(x, weight):
    """
    A program is exported from descriptions of its inputs alone: no example data is made.

    It is called with tensors like any other.
    """
    return (x @ weight).relu()
