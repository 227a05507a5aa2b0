import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=([torch.randn(3), torch.randn(3)], [2.0, 0.5]),
    tags={"python.builtin", "python.generators"},
    dynamic_shapes={"levels": ["n", "n"], "weights": None},
    extra_args=[
        ([torch.randn(0), torch.randn(0)], [2.0, 0.5]),
        ([torch.randn(9), torch.randn(9)], [2.0, 0.5]),
    ],
    rejected_args=[([torch.randn(3)], [2.0, 0.5]), ([torch.randn(3), torch.randn(3)], [2.0, 0.25])],
)
def zip_and_enumerate(levels, weights):
    """
    Loops over several lists at once run at export; the length of each list is part of the contract.

    The weights are Python numbers of the input, so they are constants that are checked.
    """
    total = torch.zeros_like(levels[0])
    for index, (level, weight) in enumerate(zip(levels, weights, strict=True)):
        total = total + level * weight + index
    return total
