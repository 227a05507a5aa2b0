import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"torch.dynamic-shape", "python.control-flow"},
    dynamic_shapes={"xs": "time _"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def loop_over_dynamic_size(xs):
    """
    A Python loop over a dynamic dim is unrolled: as many steps as the example has.

    The graph would be right for that one length.
    """
    state = torch.zeros(3)
    for x in xs:
        state = torch.tanh(state + x)
    return state
