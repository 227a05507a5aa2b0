"""Tensors that a trace leaves in the program's objects, made real: a second trace finds what a second call finds.

`if self.mask is None: self.mask = torch.ones(3, 3).tril()` leaves a tensor that depends on nothing but the program. In
eager the second call reads it. A trace leaves a traced tensor, which has no contents; here the nodes that made it are
run, and the place is given the result.

What depends on an input is another matter, be it on a size alone (`self.longest = max(self.longest, n)`): the second
call of this trace finds it made of the same input, where calls have inputs of their own. So where anything is left
that is not known to be the same after each first call, nothing is known of the second (kept_state.py may).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from operator import setitem
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import torch
from torch import fx

from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.operators import Kind, operator_of
from fullgraph.tracing.result import Trace
from fullgraph.tracing.same_trace import example_sizes, same_trace
from fullgraph.tracing.saved import contents_of
from fullgraph.tracing.traced import TracedTensor
from fullgraph.tracing.watching import Change, Missing, StateKind

Left = tuple[tuple[torch.Tensor, fx.Node], ...]
_PLAIN: Final = (int, float, complex, bool, str, bytes, type(None), torch.dtype, torch.device)
_CONSTANT: Final = (torch.Tensor, type, ModuleType, Enum, BuiltinFunctionType, weakref.ref)
_LIFT_FRESH = torch.ops.aten.lift_fresh_copy.default


def second_call(first: Trace, changes: Iterable[Change]) -> Callable[[Trace], bool]:
    """Make what a trace left ready for a second one; return what says whether that one computes the same."""
    changes = list(changes)
    left = _make_real(first, changes)
    if not all(_is_constant(value, set()) for change in changes for value in _left_in(change)):
        return lambda second: False
    return lambda second: same_trace(first, second, sizes=example_sizes(first), left=left)


def _left_in(change: Change) -> Iterable[Any]:
    """Return what is in a place now; of a container, all that is in it."""
    if change.kind is StateKind.ITEM:
        owner = change.owner
        return [*owner.keys(), *owner.values()] if isinstance(owner, dict) else list(owner)
    placed = [holder[key] for holder, key in _holders(change)]
    return placed or [change.new]


def _is_constant(value: Any, seen: set[int]) -> bool:
    """Whether a value is known to hold nothing of the inputs of a call."""
    if id(value) in seen:
        return True
    seen.add(id(value))
    if isinstance(value, _CONSTANT) or type(value) in _PLAIN:
        return not isinstance(value, TracedTensor)
    parts = _parts(value)
    return parts is not None and all(_is_constant(part, seen) for part in parts)


def _parts(value: Any) -> Iterable[Any] | None:
    """Return what a value is made of; None where that cannot be seen."""
    if type(value) in (list, tuple, set, frozenset, torch.Size):
        return list(value)
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, FunctionType):
        cells = [contents_of(cell) for cell in value.__closure__ or ()]
        return [
            *(c for c in cells if c is not Missing),
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
        ]
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    is_plain_object = type(value).__init__ is not object.__init__ and not hasattr(type(value), "__slots__")
    return list(vars(value).values()) if is_plain_object and hasattr(value, "__dict__") else None


def _make_real(trace: Trace, changes: Iterable[Change]) -> Left:
    """Put real tensors in the places of those that depend on nothing; return each with the node that made it."""
    run = _Constants(trace)
    left: list[tuple[torch.Tensor, fx.Node]] = []
    for change in changes:
        for value, put in _places(change):
            node = value.value.node
            if node.graph is not trace.graph:
                continue
            try:
                real = run.value(node)
            except _DependsError:
                continue
            put(real)
            left.append((real, node))
    return tuple(left)


def _places(change: Change) -> Iterator[tuple[TracedTensor, Callable[[Any], None]]]:
    """Yield the traced tensors in a place that changed, each with what puts another in its stead."""
    for holder, key in _holders(change):
        if isinstance(holder[key], TracedTensor):
            yield holder[key], partial(setitem, holder, key)


def _holders(change: Change) -> list[tuple[Any, Any]]:
    """Return the dicts or lists that what changed is in, each with the key."""
    if change.kind is StateKind.ITEM:
        keys = list(change.owner) if isinstance(change.owner, dict) else range(len(change.owner))
        return [(change.owner, key) for key in keys] if isinstance(change.owner, (dict, list)) else []
    held = change.owner if isinstance(change.owner, dict) else getattr(change.owner, "__dict__", {})
    within = held.get("_buffers", {}) if change.kind is StateKind.BUFFER else held
    return [(within, change.name)] if isinstance(within, dict) and change.name in within else []


class _DependsError(Exception):
    """A value depends on what differs from call to call."""


class _Constants:
    """Runs nodes that depend on nothing."""

    def __init__(self, trace: Trace) -> None:
        self.literals = {given.node: given.value for given in trace.inputs}
        self.values: dict[fx.Node, Any] = {}

    def value(self, node: fx.Node) -> Any:
        """Return what a node computes.

        Raises:
            _DependsError: it depends on an input, on a parameter or buffer, or on chance.
        """
        if node not in self.values:
            self.values[node] = self._run(node)
        return self.values[node]

    def _run(self, node: fx.Node) -> Any:
        if (
            node.target is _LIFT_FRESH
            and isinstance(node.args[0], fx.Node)
            and node.args[0].op == "placeholder"
        ):
            literal = self.literals[node.args[0].name]
            if literal is None:
                raise _DependsError
            return literal.clone()
        if not isinstance(node.target, OpOverload):
            raise _DependsError
        known = operator_of(node.target)
        if known.random or known.kind not in (Kind.PURE, Kind.VIEW, Kind.MAYBE_VIEW, Kind.STRIDED):
            raise _DependsError
        args, kwargs = fx.node.map_aggregate((node.args, node.kwargs), self._argument)
        with torch.no_grad():
            return node.target(*args, **kwargs)

    def _argument(self, argument: Any) -> Any:
        if isinstance(argument, (Expr, Bool)):
            raise _DependsError
        return self.value(argument) if isinstance(argument, fx.Node) else argument
