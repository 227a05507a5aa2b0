import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 6),),
    tags={"python.data-structure", "torch.aliasing", "torch.mutation"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 6),), (torch.randn(7, 6),)],
)
def list_of_views(x):
    """
    Views kept in a list and written to later change the tensor that they are views of.

    In the graph each write makes a new tensor, and the parts that are not written are taken over from the old
    one.
    """
    out = torch.zeros_like(x)
    parts = []
    for start in range(0, 6, 2):
        parts.append(out[:, start : start + 2])
    for index, part in enumerate(parts):
        part += x[:, :2] * index
    return out
