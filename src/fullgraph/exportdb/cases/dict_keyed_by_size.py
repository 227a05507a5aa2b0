import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.data-structure", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def dict_keyed_by_size(x):
    """
    A dict cannot be asked for a dynamic size: it looks keys up by their value, which differs from call to call.

    The entry of the example would be used for every size, so the size would have to be static.
    """
    scales = {1: 1.0, 2: 0.7, 3: 0.6}
    return x * scales.get(x.shape[0], 0.5)
