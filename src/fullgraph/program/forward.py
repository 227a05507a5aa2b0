"""The function that runs a graph: what `torch.fx` generated, called directly.

`GraphModule.__call__` looks for hooks, and PyTorch's own `wrap_with_set_grad_enabled` enters `torch._dynamo` at every
call and leaves the wrong grad mode behind when the body raises. Neither is wanted in a call that is to cost
microseconds, so the generated `forward` is called itself, and in what runs (never in what is shown or saved) that one
operator is replaced by a context manager.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch
from torch import fx

SET_GRAD: Final = torch.ops.higher_order.wrap_with_set_grad_enabled


def forward_of(module: fx.GraphModule) -> Callable[..., Any]:
    """Return the function that runs the module's graph on values for its placeholders."""
    if any(True for part in _parts(module) if part.graph.find_nodes(op="call_function", target=SET_GRAD)):
        module = _with_plain_grad_regions(module)
    return partial(type(module).forward, module)


def run_in_grad_mode(enabled: bool, body: fx.GraphModule, *args: Any) -> Any:
    """Do what `wrap_with_set_grad_enabled` does: run the body in the given grad mode."""
    with torch.set_grad_enabled(enabled):
        return type(body).forward(body, *args)


def _parts(module: fx.GraphModule) -> list[fx.GraphModule]:
    return [part for part in module.modules() if isinstance(part, fx.GraphModule)]


def _with_plain_grad_regions(module: fx.GraphModule) -> fx.GraphModule:
    """Return a module that runs the same graph, with `run_in_grad_mode` for the operator; the original stays."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    output = graph.graph_copy(module.graph, copies)
    graph.output(output)
    for node in graph.find_nodes(op="call_function", target=SET_GRAD):
        node.target = run_in_grad_mode
    bodies: dict[str, Any] = {
        name: _with_plain_grad_regions(child) if isinstance(child, fx.GraphModule) else child
        for name, child in module.named_children()
    }
    return fx.GraphModule(bodies, graph, "GraphModule")
