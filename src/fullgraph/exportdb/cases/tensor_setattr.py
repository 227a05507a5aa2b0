import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2), "note"),
    tags={"python.builtin", "python.object-model"},
    dynamic_shapes={"x": "n _", "name": None},
    extra_args=[(torch.randn(0, 2), "note"), (torch.randn(5, 2), "note")],
    rejected_args=[(torch.randn(3, 2), "remark")],
)
def tensor_setattr(x, name):
    """
    `setattr` on a tensor works as in Python while the program is captured.

    The attribute can be read back on the way. It is not in the graph: the program computes with tensors, and does not
    write Python attributes of the caller's.
    """
    setattr(x, name, torch.ones(2))
    return x + getattr(x, name)
