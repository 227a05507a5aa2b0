import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(3),),
    tags={"torch.while-loop", "torch.dtype"},
    extra_args=[(torch.tensor(0),), (torch.tensor(10),)],
    rewrite_of="loop_that_changes_dtype",
)
def loop_of_one_dtype(n):
    """
    A carried value starts with the dtype that the body gives it.

    With zero turns the result has that dtype too.
    """
    return fullgraph.while_loop(
        lambda i, x: i < n, lambda i, x: (i + 1, x / 2 + 1), (torch.tensor(0), torch.tensor(0.0))
    )
