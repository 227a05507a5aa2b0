"""Constants of the program, found on demand: a traced value that is computed from constants alone has contents.

`torch.tensor([2, 3]).prod().item()` is answerable while tracing. Instead of carrying contents along with every
operator, the few values that Python asks for are computed when it asks, from the graph recorded so far.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

from fullgraph.tracing.dispatch import OpOverload, plain_torch
from fullgraph.tracing.functionalize import current
from fullgraph.tracing.operators import operator_of
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import Value

_MOST_NODES = 10_000
_MOST_ELEMENTS = 1 << 20


def constant_of(recorder: Records, value: Value) -> torch.Tensor | None:
    """Return the contents of a value that depends on constants of the program alone, else None."""
    return constant_at(recorder, current(recorder, value))


def constant_at(recorder: Records, node: fx.Node) -> torch.Tensor | None:
    """Return the contents of a node that depends on constants of the program alone, else None."""
    order = _ancestors(node, recorder.constant_nodes)
    if order is None:
        return None
    contents = recorder.constant_nodes
    with plain_torch(), torch.no_grad():
        for ancestor in order:
            arguments = fx.map_arg((ancestor.args, ancestor.kwargs), lambda n: contents[n])
            contents[ancestor] = ancestor.target(*arguments[0], **arguments[1])  # type: ignore[operator]
    found = contents[node]
    return found if isinstance(found, torch.Tensor) and found.device.type != "meta" else None


def _ancestors(node: fx.Node, known: dict[fx.Node, Any]) -> list[fx.Node] | None:
    """Return the nodes to compute, in order; None when one of them is not a constant."""
    order: list[fx.Node] = []
    seen: set[fx.Node] = set()
    stack: list[tuple[fx.Node, bool]] = [(node, False)]
    while stack:
        at, done = stack.pop()
        if done:
            order.append(at)
            continue
        if at in known or at in seen:
            continue
        if at.op != "call_function" or len(seen) > _MOST_NODES or not _repeatable(at):
            return None
        seen.add(at)
        stack.append((at, True))
        stack.extend((argument, False) for argument in at.all_input_nodes)
    return order


def _repeatable(node: fx.Node) -> bool:
    target = node.target
    if isinstance(target, OpOverload) and (operator_of(target).random or target.namespace != "aten"):
        return False
    size = 1
    for dim in getattr(node.meta.get("val"), "shape", ()):
        if not isinstance(dim, int):
            return False
        size *= dim
    return size <= _MOST_ELEMENTS
