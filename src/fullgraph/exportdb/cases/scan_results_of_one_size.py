import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 4),),
    tags={"torch.map", "torch.dynamic-value"},
    dynamic_shapes={"xs": "n _"},
    extra_args=[(torch.randn(1, 4),), (torch.randn(7, 4),)],
    rewrite_of="scan_results_of_many_sizes",
)
def scan_results_of_one_size(xs):
    """What a step leaves out is masked, so that the results of all steps have one size."""
    return fullgraph.map(lambda row: torch.where(row > 0, row, 0.0), xs)
