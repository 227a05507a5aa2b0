import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6, 2), torch.tensor(4)),
    tags={"torch.dynamic-value", "torch.indexing"},
    dynamic_shapes={"x": "n _", "length": None},
    extra_args=[
        (torch.randn(6, 2), torch.tensor(0)),
        (torch.randn(3, 2), torch.tensor(5)),
        (torch.randn(5, 2), torch.tensor(-2)),
    ],
)
def tensor_as_slice_bound(x, length):
    """
    An integer tensor is a bound of a slice, with Python's rules for bounds that are negative or too large.

    Its value is read when the program runs.
    """
    return x[:length], x[length:]
