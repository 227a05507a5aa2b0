import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(4), torch.randn(4)),
    tags={"torch.mutation", "torch.operator"},
    dynamic_shapes={"x": "n", "result": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(9), torch.randn(9))],
    rewrite_of="out_of_wrong_size",
)
def out_argument(x, result):
    """
    `out=` writes the result into a tensor that is there already.

    It is an input whose new contents are written back; the operator in the graph has no `out=`.
    """
    torch.mul(x, 2, out=result)
    return result.sum()
