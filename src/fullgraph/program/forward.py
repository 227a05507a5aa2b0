"""The function that runs a graph: what `torch.fx` generated, called directly.

`GraphModule.__call__` looks for hooks, and PyTorch's own implementations of operators with subgraphs trace or compile
them at every call. Neither is wanted in a call that is to cost microseconds, so the generated `forward` is called
itself, and in what runs (never in what is shown or saved) those operators are replaced by plain functions
(`control_flow.RUNNERS`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch
from torch import fx

from fullgraph.control_flow import RUNNERS

SET_GRAD: Final = torch.ops.higher_order.wrap_with_set_grad_enabled


def forward_of(module: fx.GraphModule) -> Callable[..., Any]:
    """Return the function that runs the module's graph on values for its placeholders."""
    module = runnable(module)
    return partial(type(module).forward, module)


def runnable(module: fx.GraphModule) -> fx.GraphModule:
    """Return a module that computes the same with the functions that run operators; the original stays as it is."""
    return _with_runners(module) if any(map(_has_replaced, _parts(module))) else module


def _parts(module: fx.GraphModule) -> list[fx.GraphModule]:
    return [part for part in module.modules() if isinstance(part, fx.GraphModule)]


def _has_replaced(module: fx.GraphModule) -> bool:
    return any(module.graph.find_nodes(op="call_function", target=target) for target in RUNNERS)


def _with_runners(module: fx.GraphModule) -> fx.GraphModule:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    output = graph.graph_copy(module.graph, copies)
    graph.output(output)
    for target, function in RUNNERS.items():
        for node in graph.find_nodes(op="call_function", target=target):
            node.target = function
    bodies: dict[str, Any] = {
        name: _with_runners(child) if isinstance(child, fx.GraphModule) else child
        for name, child in module.named_children()
    }
    return fx.GraphModule(bodies, graph, "GraphModule")
