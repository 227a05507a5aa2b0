import numpy as np
import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.numpy"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def numpy_in_between(x):
    """
    A traced tensor has no contents that NumPy could compute with; the array would be that of the example.

    NumPy's functions are not operators of PyTorch, so they cannot be recorded.
    """
    return torch.from_numpy(np.sinc(x.numpy()))
