"""What a branch or a body does to Python's own state: variables around it, attributes, lists and dicts.

A graph does not change Python objects, so each branch starts with the state that was there before `cond`, and what the
branches leave behind is merged just like what they return. A body runs any number of times: it must leave Python's
state as it was.

Invariant: when a branch or body has been recorded, Python's state is what it was before.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch.utils import _pytree as pytree

from fullgraph.tracing import Change, Missing, PythonState, Records, StateKind, fill_cell, overwrite

_REGISTRY_OF = {
    StateKind.BUFFER: "_buffers",
    StateKind.PARAMETER: "_parameters",
    StateKind.MODULE: "_modules",
}


@dataclass(frozen=True)
class Left:
    """A place of Python's state that holds something else after a function ran.

    Args:
        change: the place, and what was there.
        value: what is there now; the contents if the place is a container.
    """

    change: Change
    value: Any


def state_around(
    recorder: Records, fn: Callable[..., Any], outer: Callable[..., Any], *given: Any
) -> PythonState:
    """Return the Python state that a function can reach: around it, in its globals, and in what it is given.

    Args:
        recorder: the recorder of the trace.
        fn: the function.
        outer: the function with what is around it: the arguments of a `functools.partial`.
        given: the arguments.
    """
    arguments = list(given)

    def holder() -> Any:
        return fn, outer, arguments

    return PythonState(holder, trees=recorder.module_trees)


def left_by(state: PythonState) -> list[Left]:
    """Return what has changed; the function has run by now."""
    changes = state.changes()
    return [Left(each, copy.copy(each.new) if each.kind is StateKind.ITEM else each.new) for each in changes]


def put(change: Change, value: Any) -> None:
    """Put a value into a place, or contents into a container."""
    if value is Missing:
        return  # nothing was there before, either
    if change.kind is StateKind.ITEM:
        overwrite(change.owner, value)
    elif isinstance(change.owner, types.CellType):
        fill_cell(change.owner, value)
    elif change.kind is StateKind.GLOBAL:
        change.owner[change.name] = value
    elif change.kind is StateKind.CLASS:
        setattr(change.owner, change.name, value)
    else:
        registry = _REGISTRY_OF.get(change.kind)
        holder = change.owner.__dict__ if registry is None else change.owner.__dict__[registry]
        holder[change.name] = value


def flatten_left(change: Change, value: Any) -> tuple[list[Any], pytree.TreeSpec]:
    """Take apart what is in a place; objects that were there before are kept as they are."""
    if change.kind is not StateKind.ITEM:
        old = {id(change.old)}
    else:
        old = {id(item) for item in (change.old.values() if isinstance(change.old, dict) else change.old)}
    return pytree.tree_flatten(value, is_leaf=lambda each: id(each) in old)
