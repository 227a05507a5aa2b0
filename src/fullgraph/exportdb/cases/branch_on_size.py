import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(8, 3),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"x": "rows _"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def branch_on_size(x):
    """
    An `if` on a dynamic size whose two sides compute different things cannot be one straight graph.

    The export is refused instead of following the side that the example took. Where both sides give the same graph,
    or one of them raises, there is nothing to refuse.
    """
    if x.shape[0] > 4:
        return x.cos()
    return x.sin()
