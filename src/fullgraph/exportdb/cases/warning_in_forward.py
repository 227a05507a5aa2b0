import warnings

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(5),)],
)
def warning_in_forward(x):
    """
    Warnings are given at export and are not in the graph.

    Whether there is a reason to warn is decided by what is known then, here by the dtype.
    """
    if not x.is_floating_point():
        warnings.warn("integers are slow", stacklevel=2)
    return x.sum()
