import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"torch.operator", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(100, 2),), (torch.randn(1000, 2),)],
)
def unsupported_operator(x):
    """
    The functions of torch on sizes, `sym_min`, `sym_max`, `sym_not` and `sym_ite`, are captured.

    PyTorch's case of this name was once refused with "torch.* op returned non-Tensor int".
    """
    rows = x.shape[0]
    few = torch.sym_not(rows > 100)
    return x.sum() + torch.sym_min(rows, 100) + torch.sym_ite(few, torch.sym_max(rows, 2), rows)
