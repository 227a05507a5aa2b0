import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(6), torch.tensor([2, 4])),
    tags={"torch.dynamic-value", "python.data-structure"},
    dynamic_shapes={"x": "n", "sizes": None},
    extra_args=[(torch.randn(7), torch.tensor([0, 7])), (torch.randn(2), torch.tensor([1, 1]))],
    rewrite_of="list_from_tensor",
)
def items_of_tensor(x, sizes):
    """
    Each element by `item()` is a size of its own in the graph, as many as the tensor has elements.

    That they add up to the size of `x` is asserted when the program runs, as `split` does in eager.
    """
    first, second = sizes[0].item(), sizes[1].item()  # or sizes.tolist()
    return [part.sum() for part in x.split([first, second])]
