"""The attributes that make up an object: read and set as they are stored, past what its class does on access.

Invariant: setting what was read, on a blank object of the same class, makes an equal object.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable
from typing import Any


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the attributes that make up an object: `__dict__` and `__slots__`, without what is only cached."""
    found, cls = state_of(value), _class_of(value)
    for name in _cached_names(cls):
        found.pop(name, None)
    return found


def set_attributes(target: Any, names: Iterable[str], values: Iterable[Any]) -> None:
    """Set attributes as they are stored, past a frozen dataclass's or a class's own `__setattr__`."""
    slots = slot_names(_class_of(target))
    for name, value in zip(names, values):
        if name in slots:
            object.__setattr__(target, name, value)
        else:
            target.__dict__[name] = value


@functools.cache
def slot_names(cls: type) -> frozenset[str]:
    """Return the attributes that a class keeps in slots, under the names they are stored by."""
    names: set[str] = set()
    for base in cls.__mro__:
        for name, member in vars(base).items():
            if isinstance(member, types.MemberDescriptorType) and "__slots__" in vars(base):
                names.add(name)
    return frozenset(names)


def is_stored_in_dict_alone(cls: type) -> bool:
    """Say whether the attributes of such an object are exactly its `__dict__`."""
    return not slot_names(cls) and not _cached_names(cls)


def state_of(value: Any) -> dict[str, Any]:
    """Return all attributes that an object itself holds."""
    found: dict[str, Any] = dict(getattr(value, "__dict__", ()))
    for name in slot_names(_class_of(value)):
        try:
            found[name] = object.__getattribute__(value, name)
        except AttributeError:
            continue  # a slot that was never set
    return found


@functools.cache
def _cached_names(cls: type) -> tuple[str, ...]:
    # Such a value is a function of the others. It is left out, so that the program computes it from traced tensors.
    return tuple(
        name for base in cls.__mro__ for name, member in vars(base).items() if _is_cached_property(member)
    )


def _is_cached_property(member: object) -> bool:
    return isinstance(member, functools.cached_property)


def _class_of(value: Any) -> type:
    return type(value)
