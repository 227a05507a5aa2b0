import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.randn(2, 3), torch.randn(4, 3)],),
    tags={"torch.dynamic-shape", "python.builtin", "python.data-structure"},
    dynamic_shapes={"parts": ["a _", "b _"]},
    extra_args=[([torch.randn(0, 3), torch.randn(1, 3)],), ([torch.randn(5, 3), torch.randn(5, 3)],)],
)
def sum_of_sizes(parts):
    """
    `sum`, `max` and `sorted` over the sizes of a list of tensors.

    A maximum of two dynamic sizes is computed in the graph; it does not ask which one is the larger.
    """
    sizes = [part.shape[0] for part in parts]
    return torch.zeros(sum(sizes), max(sizes)), sorted(sizes)[0]
