"""One container of Python state as it was: whether it differs now, in what, and how it is put back.

Invariant: after `put_back` the container is the same object, with the same contents in the same order.
"""

from __future__ import annotations

import functools
import operator
import types
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch

from fullgraph.tracing.inputs import is_same_value
from fullgraph.tracing.watching import Change, Missing, StateKind

REGISTRIES: Final = {
    "_buffers": StateKind.BUFFER,
    "_parameters": StateKind.PARAMETER,
    "_modules": StateKind.MODULE,
}


@dataclass(slots=True)
class Saved:
    """One container as it was.

    Args:
        kind: what its entries are.
        path: how the user reaches it.
        owner: the object, class or module that the entries are attributes of; the container itself if they are items.
        live: the container.
        copy: what was in it.
    """

    kind: StateKind
    path: str
    owner: Any
    live: Any
    copy: Any


@dataclass(slots=True)
class Cell:
    """A variable of an enclosing function as it was."""

    name: str
    cell: types.CellType
    old: Any


def was_empty(place: Saved, name: str, live: Any) -> Saved:
    """Return what `_container` would have saved for a container with nothing in it."""
    nothing = type(live)()
    if isinstance(place.owner, torch.nn.Module) and name in REGISTRIES:
        return Saved(REGISTRIES[name], place.path, place.owner, live, nothing)
    return Saved(StateKind.ITEM, f"{place.path}.{name}" if place.path else name, live, live, nothing)


def differs(saved: Saved) -> bool:
    """Say whether a container may have changed; cheap, as nearly none has."""
    live, copy = saved.live, saved.copy
    if len(live) != len(copy):
        return True
    if isinstance(live, set):
        return bool(live != copy)
    if isinstance(live, (list, deque)):
        return not all(map(operator.is_, live, copy))
    return not (all(map(operator.is_, live.values(), copy.values())) and all(map(operator.eq, live, copy)))


def changes_in(saved: Saved) -> Iterator[Change]:
    """Yield what is different in a container now."""
    live, copy = saved.live, saved.copy
    if saved.kind is StateKind.ITEM:
        if not _same_items(live, copy):
            yield Change(saved.path, StateKind.ITEM, live, "", copy, live)
        return
    for name in [*copy, *(name for name in live if name not in copy)]:
        old, new = copy.get(name, Missing), live.get(name, Missing)
        if is_same_value(old, new) or _is_no_state(saved, name, old, new):
            continue
        path = f"{saved.path}.{name}" if saved.path else name
        yield Change(path, saved.kind, saved.owner, name, old, new)


def _same_items(live: Any, copy: Any) -> bool:
    if isinstance(live, set) or len(live) != len(copy):
        return False
    if isinstance(live, dict):
        return list(live) == list(copy) and all(map(is_same_value, live.values(), copy.values()))
    return all(map(is_same_value, live, copy))


def _is_no_state(saved: Saved, name: str, old: Any, new: Any) -> bool:
    """Say whether a change means nothing: an import, a dunder, a value that is only cached."""
    if old is Missing and isinstance(new, types.ModuleType):
        return True
    if name.startswith("__") and name.endswith("__"):
        return True
    is_attribute = saved.kind is StateKind.ATTRIBUTE
    return is_attribute and isinstance(getattr(type(saved.owner), name, None), functools.cached_property)


def put_back(saved: Saved) -> None:
    """Give a container the contents it had."""
    live, copy = saved.live, saved.copy
    if saved.kind is StateKind.CLASS:
        for change in changes_in(saved):
            _set_or_delete(saved.owner, change.name, change.old)
    elif saved.kind is StateKind.GLOBAL:  # in place: other threads may be reading it
        for change in changes_in(saved):
            if change.old is Missing:
                del live[change.name]
            else:
                live[change.name] = change.old
    elif isinstance(live, list):
        live[:] = copy
    elif isinstance(live, deque):
        live.clear()
        live.extend(copy)
    else:
        live.clear()
        live.update(copy)


def _set_or_delete(owner: Any, name: str, value: Any) -> None:
    if value is Missing:
        delattr(owner, name)
    else:
        setattr(owner, name, value)


def contents_of(cell: types.CellType) -> Any:
    """Return what a closure variable holds; `Missing` before it is assigned."""
    try:
        return cell.cell_contents
    except ValueError:
        return Missing


def fill_cell(cell: types.CellType, value: Any) -> None:
    """Assign a closure variable, or take its value away."""
    if value is Missing:
        del cell.cell_contents
    else:
        cell.cell_contents = value
