import random

import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "torch.random"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def random_number_of_python(x):
    """
    Python's random numbers would be drawn once, at export, and be the same at each call.

    The same holds for NumPy's generators, `uuid` and `secrets`.
    """
    return x * random.random()
