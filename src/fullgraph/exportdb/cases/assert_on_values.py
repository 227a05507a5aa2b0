import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor([0.2, 0.8]),),
    tags={"python.assert", "python.exceptions", "torch.dynamic-value"},
    dynamic_shapes={"weights": "n"},
    extra_args=[(torch.tensor([1.0]),), (torch.full((100,), 0.01),)],
)
def assert_on_values(weights):
    """
    An `assert`, or an `if` that only raises, is made again by the program whenever it runs.

    Which way it goes is known only then, but one way is an error, so the graph has the other one and an assertion.
    """
    assert (weights >= 0).all(), "negative weights"
    if weights.sum().item() > 1.5:
        raise ValueError("weights of a probability")
    return weights.log()
