import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.tensor(3), torch.randn(2)),
    tags={"torch.while-loop", "python.data-structure"},
    extra_args=[(torch.tensor(0), torch.randn(2)), (torch.tensor(8), torch.randn(2))],
)
def while_loop_over_structures(turns, x):
    """
    A loop carries a structure of tensors and numbers; zero turns return what went in.

    The counter here is a Python number, which becomes a symbol of the graph.
    """

    def body(carried):
        return {"i": carried["i"] + 1, "x": carried["x"] * 2}

    return fullgraph.while_loop(
        lambda carried: carried["i"] < turns, lambda carried: (body(carried),), ({"i": 0, "x": x},)
    )
