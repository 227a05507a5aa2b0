import torch

from fullgraph.exportdb import export_case


def scaled_by(scale):
    def scaled(x):
        return x * scale

    return scaled


by_powers = scaled_by(torch.tensor([1.0, 2.0, 4.0]))


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"python.closure"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 3),), (torch.randn(1, 3),), (torch.randn(30, 3),)],
)
def closed_over_tensor(x):
    """
    A tensor that a function closes over, or finds among its globals, becomes a constant of the program.

    It is an input of the graph, as parameters are, lifted once however often it is used, without a copy.
    """
    return by_powers(x) + by_powers(x.abs())
