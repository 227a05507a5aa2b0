import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.strings", "torch.dynamic-shape"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
    rewrite_of="f_string_of_size",
)
def size_beside_fixed_text(x):
    """
    A size is returned as a number, under a text that is the same for each call.

    Whoever calls the program makes the text. Messages of `assert` and `raise` may use sizes freely.
    """
    return {"elements": x.shape[0], "doubled": x * 2}
