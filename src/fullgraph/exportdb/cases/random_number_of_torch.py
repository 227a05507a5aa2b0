import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3),),
    tags={"python.standard-library", "torch.random"},
    dynamic_shapes={"x": "n"},
    extra_args=[(torch.randn(0),), (torch.randn(5),)],
    rewrite_of="random_number_of_python",
)
def random_number_of_torch(x):
    """
    A random number drawn by torch is a node of the graph, drawn at each call.

    It comes from PyTorch's global generator: after the same `torch.manual_seed`, eager and the program draw
    the same.
    """
    return x * torch.rand(())
