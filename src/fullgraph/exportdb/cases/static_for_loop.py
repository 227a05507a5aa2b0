import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.control-flow"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(1, 2),)],
)
def static_for_loop(x):
    """
    A `for` loop whose number of turns is known at export is unrolled.

    So is a comprehension; each turn is a node of its own.
    """
    return [i + x for i in range(4)]
