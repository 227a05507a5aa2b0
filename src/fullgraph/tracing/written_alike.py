"""Whether two graphs are the same text: the usual case of two traces that compute the same, and a quick one to see.

Nothing is followed from facts here, and nothing seen through (same_trace.py does): each node of one graph calls what
the node at its place in the other calls, with the same arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.result import GraphInput, InputRole, Trace


def written_alike(a: Trace, b: Trace) -> bool:
    """Say whether the graphs of two traces of one program are the same, with the same inputs."""
    return (
        len(a.inputs) == len(b.inputs)
        and all(map(_same_input, a.inputs, b.inputs))
        and _same_graph(a.graph, b.graph, a.modules, b.modules)
    )


def _same_input(a: GraphInput, b: GraphInput) -> bool:
    if (a.role, a.target, a.leaf) != (b.role, b.target, b.leaf):
        return False
    return a.value is b.value or (
        a.role is InputRole.CONSTANT and a.value is not None and same_contents(a, b)
    )


def _same_graph(
    a: fx.Graph, b: fx.Graph, ours: Mapping[str, torch.nn.Module], theirs: Mapping[str, torch.nn.Module]
) -> bool:
    if len(a.nodes) != len(b.nodes):
        return False
    counterpart: dict[fx.Node, fx.Node] = {}
    for x, y in zip(a.nodes, b.nodes):
        if x.op != y.op or x.meta.get("grad_enabled") is not y.meta.get("grad_enabled"):
            return False
        if x.op == "get_attr":
            same = _same_module(ours[str(x.target)], theirs[str(y.target)])
        else:
            same = x.target is y.target or (x.op == "placeholder" and x.target == y.target)
        if not same or not _same(x.args, y.args, counterpart) or not _same(x.kwargs, y.kwargs, counterpart):
            return False
        if not _same_value(x.meta.get("val"), y.meta.get("val")):
            return False
        counterpart[x] = y
    return True


def _same_module(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    assert isinstance(a, fx.GraphModule)
    assert isinstance(b, fx.GraphModule)
    return _same_graph(a.graph, b.graph, dict(a.named_children()), dict(b.named_children()))


def _same(a: Any, b: Any, counterpart: Mapping[fx.Node, fx.Node]) -> bool:
    """Whether two arguments are the same; 0.0 is not -0.0, and nan is nan."""
    if isinstance(a, fx.Node):
        return counterpart.get(a) is b
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y, counterpart) for x, y in zip(a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(value, b[key], counterpart) for key, value in a.items())
    return repr(a) == repr(b) if isinstance(a, (float, complex)) else bool(a == b)


def _same_value(a: Any, b: Any) -> bool:
    """Whether two results have the same sizes; a number made during a run has a symbol of each trace's own."""
    if isinstance(a, (Expr, Bool)):
        return a is b
    if isinstance(a, TensorSpec):
        return isinstance(b, TensorSpec) and _all_same(a.shape, b.shape) and a.dtype == b.dtype
    return True


def _all_same(a: Sequence[Any], b: Sequence[Any]) -> bool:
    return len(a) == len(b) and all(x is y or (type(x) is int and x == y) for x, y in zip(a, b))


def same_contents(a: GraphInput, b: GraphInput) -> bool:
    """Whether two literals of one name are bit by bit the same."""
    mine, theirs = a.value, b.value
    return (
        mine is not None
        and theirs is not None
        and _form(mine) == _form(theirs)
        and mine.layout is torch.strided
        and mine.device.type != "meta"
        and not mine.is_quantized
        and torch.equal(_bits(mine), _bits(theirs))
    )


def _form(tensor: torch.Tensor) -> tuple[Any, ...]:
    strides = tensor.stride() if tensor.layout is torch.strided else None
    return tensor.dtype, tensor.shape, tensor.layout, strides, tensor.device, tensor.requires_grad


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().contiguous().flatten().view(torch.uint8)
