import time

import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def time_of_day(x):
    """
    The clock is read at export only; the program would return the same time at each call.

    People leave a timer in `forward`. Measure around the call of the program instead.
    """
    start = time.perf_counter()
    y = x.exp()
    return y, time.perf_counter() - start
