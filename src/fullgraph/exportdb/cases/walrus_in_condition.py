import re

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=({"layer.0": torch.randn(3), "head": torch.randn(3), "layer.1": torch.randn(3)},),
    tags={"python.control-flow", "python.data-structure", "python.standard-library"},
    dynamic_shapes={"state": {"layer.0": "n", "head": "n", "layer.1": "n"}},
    extra_args=[({"layer.0": torch.randn(1), "head": torch.randn(1), "layer.1": torch.randn(1)},)],
    rejected_args=[({"layer.0": torch.randn(3), "head": torch.randn(3), "layer.2": torch.randn(3)},)],
)
def walrus_in_condition(state):
    """
    Names in a dict of tensors may be searched by any Python, here by a regular expression and `:=`.

    The keys are part of the structure of the input: they are known at export and checked at each call.
    """
    total = state["head"]
    for name, value in state.items():
        if (found := re.fullmatch(r"layer\.(\d+)", name)) is not None:
            total = total + value * int(found[1])
    return total
