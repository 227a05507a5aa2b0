import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4, 2),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(1, 2),), (torch.randn(0, 2),)],
)
def same_graph_on_both_sides(x):
    """
    An `if` on a size whose two sides compute the same adds no line to the contract.

    Both sides are looked at, and one graph holds for all sizes.
    """
    if x.shape[0] == 1:
        return x.sum(0)
    return x.sum(dim=0)
