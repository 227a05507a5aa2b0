from typing import NamedTuple

import torch

from fullgraph.exportdb import export_case


class Pair(NamedTuple):
    key: torch.Tensor
    value: torch.Tensor


@export_case(
    example_args=(Pair(torch.randn(3), torch.randn(3, 2)),),
    tags={"python.data-structure"},
    dynamic_shapes={"pair": Pair("n", "n _")},
    extra_args=[(Pair(torch.randn(0), torch.randn(0, 2)),), (Pair(torch.randn(5), torch.randn(5, 2)),)],
    rejected_args=[((torch.randn(3), torch.randn(3, 2)),)],
)
def named_tuple_in_and_out(pair):
    """
    A named tuple is an input and an output like a tuple, and keeps its class.

    `dynamic_shapes` may be a tuple of the same class. A plain tuple at the call is rejected: it has no
    fields.
    """
    return pair._replace(value=pair.value * pair.key.softmax(0)[:, None])
