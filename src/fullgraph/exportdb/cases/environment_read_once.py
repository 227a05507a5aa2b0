import os

import torch

from fullgraph.exportdb import export_case

DEBUG = os.environ.get("MY_MODEL_DEBUG") == "1"


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "python.closure"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(5),)],
    rewrite_of="environment_variable",
)
def environment_read_once(x):
    """
    A setting that is read when the module is imported is a constant of the program, in eager as well.

    Nothing is read during the call, so nothing is fixed at export that was not fixed before.
    """
    if DEBUG:
        x = torch.nan_to_num(x)
    return x.exp()
