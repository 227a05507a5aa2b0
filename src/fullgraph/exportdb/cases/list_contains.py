import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape", "python.assert", "python.data-structure"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(7, 2),), (torch.ones(0, 2),)],
    rejected_args=[(torch.ones(5, 2),)],
)
def list_contains(x):
    """
    Whether a list contains a size can be asserted, of static and of dynamic sizes.

    What is asserted of a dynamic size is a line of the contract: a call with 5 rows is rejected.
    """
    assert x.size(-1) in [6, 2]
    assert x.size(0) not in [4, 5, 6]
    assert "monkey" not in ["cow", "pig"]
    return x + x
