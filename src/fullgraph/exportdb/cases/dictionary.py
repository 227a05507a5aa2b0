import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), torch.tensor(4)),
    tags={"python.data-structure"},
    dynamic_shapes={"x": "n _", "y": None},
    extra_args=[(torch.randn(0, 2), torch.tensor(-1)), (torch.randn(1, 2), torch.tensor(0))],
)
def dictionary(x, y):
    """
    A dict may hold what is computed on the way, and may be returned.

    The dict itself is not in the graph. The program returns a new dict with the same keys, in the same order.
    """
    elements = {}
    elements["x2"] = x * x
    y = y * elements["x2"]
    return {"y": y}
