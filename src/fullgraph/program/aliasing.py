"""Which values of a graph may share storage with a tensor that is written back.

The graph is pure, so its order of operators does not matter to it; but the write-backs after it do matter to whatever
it returns: `swap(a, b)` returns `b`'s old value as the new `a`, and writing `b` first would change it. A returned value
that may be a view of a written tensor is therefore looked at when the program runs, and copied if it is one.

Soundness: storage passes through an operator only if its schema says so, if PyTorch tags it as possibly returning its
input, or if it is no operator at all (`getitem`, a higher-order operator). Everything else returns fresh memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import fx

from fullgraph.tracing import OpOverload


def may_share_storage(graph: fx.Graph, sources: Iterable[str]) -> set[str]:
    """Return the names of the nodes whose value may share storage with one of these placeholders.

    Args:
        graph: a pure graph.
        sources: names of placeholders; they are part of the answer.
    """
    sharing = set(sources)
    if not sharing:
        return sharing
    for node in graph.nodes:
        if node.op != "output" and may_return_a_view(node.target) and _uses(node, sharing):
            sharing.add(node.name)
    return sharing


def may_return_a_view(target: Any) -> bool:
    """Say whether a call may return a tensor that shares storage with an argument."""
    if not isinstance(target, OpOverload):
        return True
    if torch.Tag.maybe_aliasing_or_mutating in target.tags:
        return True
    return any(result.alias_info is not None for result in target._schema.returns)


def _uses(node: fx.Node, names: set[str]) -> bool:
    return any(argument.name in names for argument in node.all_input_nodes)
