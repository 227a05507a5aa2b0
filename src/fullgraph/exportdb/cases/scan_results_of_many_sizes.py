import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.map", "torch.dynamic-value"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def scan_results_of_many_sizes(xs):
    """The results of all steps of a loop are stacked, so they cannot differ in size."""
    return fullgraph.map(lambda row: row[row > 0], xs)
