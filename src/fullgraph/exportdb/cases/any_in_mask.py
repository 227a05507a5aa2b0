import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.tensor([True, False]), torch.randn(2)),
    tags={"torch.dynamic-value", "python.builtin"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.DataDependent,
)
def any_in_mask(mask, x):
    """
    `if mask.any():` asks for the contents of the mask, often only to save work.

    Both sides are right for every mask in most of these programs, but an exporter cannot know that.
    """
    if mask.any():
        x = x.masked_fill(mask, 0.0)
    return x
