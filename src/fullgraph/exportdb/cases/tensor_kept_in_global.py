import torch

from fullgraph.exportdb import export_case

LAST = {}


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.state", "python.data-structure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(9),)],
)
def tensor_kept_in_global(x):
    """
    A write to a global that is not read later does not hinder the capture, and does not happen in the program.

    People keep intermediate results this way to look at them. No traced tensor stays behind after the export; return
    what is to be looked at.
    """
    y = x.relu()
    LAST["activation"] = y
    return y + 1
