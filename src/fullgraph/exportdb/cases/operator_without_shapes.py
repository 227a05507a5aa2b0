import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@torch.library.custom_op("fullgraph_cases::thirded", mutates_args=())
def thirded(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy() / 3)


@export_case(
    example_args=(torch.randn(4, 3),),
    tags={"torch.operator", "torch.escape-hatch"},
    dynamic_shapes={"x": "n _"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def operator_without_shapes(x):
    """
    An operator of your own whose result nobody described cannot be recorded: its sizes are not known.

    Running it on the example would give the example's sizes only.
    """
    return thirded(x) + 1
