import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.aliasing", "torch.operator"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def as_strided_of_transposed(x):
    """`as_strided` looks at memory itself; where a computed tensor has its elements is not known before it runs."""
    return (x.t() * 2).as_strided((2,), (1,))
