import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"torch.contract", "torch.dtype"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(7),)],
    rejected_args=[(torch.ones(3, dtype=torch.int64),), (torch.ones(3, 2),)],
)
def call_of_another_dtype(x):
    """
    A program for float32 rejects integers: an `if` on the dtype was answered by the example.

    Other exporters keep the example's branch for every dtype.
    """
    if x.dtype.is_floating_point:
        return x * 0.5
    return x // 2
