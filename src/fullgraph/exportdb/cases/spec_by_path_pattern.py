import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(
        torch.randn(2, 1, 4),
        {"past": [(torch.randn(2, 3, 4), torch.randn(2, 3, 4)) for _ in range(2)]},
    ),
    tags={"torch.dynamic-shape", "python.data-structure"},
    dynamic_shapes={"x": "batch _ _", "cache.past.*": "batch past _"},
    extra_args=[
        (torch.randn(1, 1, 4), {"past": [(torch.randn(1, 0, 4), torch.randn(1, 0, 4)) for _ in range(2)]}),
        (torch.randn(3, 1, 4), {"past": [(torch.randn(3, 7, 4), torch.randn(3, 7, 4)) for _ in range(2)]}),
    ],
)
def spec_by_path_pattern(x, cache):
    """
    A pattern of a path gives all tensors below an argument their spec, with no parallel tree to write.

    All of them share the names, so that all have the same batch and the same length.
    """
    return [(torch.cat([keys, x], 1), torch.cat([values, x], 1)) for keys, values in cache["past"]]
