import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(5, 3),),
    tags={"python.generators"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.zeros(0, 3),), (torch.zeros(9, 3),)],
)
def generator_of_layers(x):
    """
    Generators may use traced tensors, be advanced by `next` and be left unfinished.

    Only the turns that are asked for are in the graph.
    """

    def powers():
        power = torch.ones_like(x)
        while True:
            power = power * x
            yield power

    stream = powers()
    first = next(stream)
    return first + sum(power / 2 for power, _ in zip(stream, range(2), strict=False))
