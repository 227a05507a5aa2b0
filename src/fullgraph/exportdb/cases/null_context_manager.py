import contextlib

import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(3, 2),),
    tags={"python.context-manager"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.randn(0, 2),), (torch.randn(8, 2),)],
)
def null_context_manager(x):
    """
    A context manager that does nothing leaves nothing in the graph.

    Programs use `contextlib.nullcontext` where another one is entered only on some devices.
    """
    context = contextlib.nullcontext()
    with context:
        return x.sin() + x.cos()
