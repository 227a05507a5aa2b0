import copy

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=({"a": torch.randn(3), "b": torch.randn(3)},),
    tags={"python.standard-library", "torch.aliasing", "torch.mutation"},
    dynamic_shapes={"state": {"a": "n", "b": "n"}},
    extra_args=[({"a": torch.randn(0), "b": torch.randn(0)},), ({"a": torch.randn(6), "b": torch.randn(6)},)],
)
def deepcopy_of_tensor(state):
    """
    `copy.deepcopy` of a traced tensor is a copy with memory of its own.

    Writing to the copy leaves the caller's tensor alone.
    """
    changed = copy.deepcopy(state)
    changed["a"] += state["b"]
    return changed
