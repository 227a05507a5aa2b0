import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 4), torch.randn(3, 2)),
    tags={"python.exceptions", "torch.dynamic-shape", "torch.contract"},
    dynamic_shapes={"x": "n m", "y": "n k"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Specialized,
)
def try_around_dynamic_size(x, y):
    """
    When an error depends on dynamic sizes, catching it chooses a branch, and no graph has both.

    The export is refused rather than made narrower than declared; the error names the sizes for which `except` is
    taken, ready to be stated as constraints.
    """
    try:
        return x + y
    except RuntimeError:
        return torch.cat([x, y], dim=1)
