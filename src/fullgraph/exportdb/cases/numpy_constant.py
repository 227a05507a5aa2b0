import numpy as np
import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"python.numpy", "torch.factory"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.zeros(0, 3),), (torch.zeros(9, 3),)],
)
def numpy_constant(x):
    """
    NumPy may compute constants, as long as no traced tensor goes in.

    The array becomes a constant of the program.
    """
    window = np.hanning(5)[1:-1].astype(np.float32)
    return x * torch.from_numpy(window)
