import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(100.0),),
    tags={"torch.dynamic-value", "torch.while-loop"},
    extra_args=[(torch.tensor(0.5),), (torch.tensor(1.5),), (torch.tensor(1e6),)],
    rewrite_of="while_on_tensor_value",
)
def while_on_tensor_value_as_while_loop(x):
    """
    `while_loop` captures the condition and the body as subgraphs; zero turns are a result too.

    The carried values go in and come out as a tuple.
    """
    (x,) = fullgraph.while_loop(lambda x: x > 1, lambda x: (x / 2,), (x,))
    return x
