import os

import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def environment_variable(x):
    """
    An environment variable read in `forward` would be fixed at export, wherever the program runs later.

    The error says which line reads it.
    """
    if os.environ.get("MY_MODEL_DEBUG") == "1":
        x = torch.nan_to_num(x)
    return x.exp()
