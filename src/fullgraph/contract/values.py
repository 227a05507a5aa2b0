"""When two Python values are the same to a program that was specialized on one of them.

Equality is not enough: `1 == True == 1.0`, `0.0 == -0.0`, and nan differs from itself. A program may tell all of
these apart. Objects whose content we cannot see through are the same only if they are one object.
"""

from __future__ import annotations

import sys
from enum import Enum
from types import BuiltinMethodType, MethodType
from typing import Any

import torch

# Immutable, and compared by content without surprises.
_BY_EQUALITY = (int, bool, str, bytes, type(None), type(...), torch.device, range)


def same_value(a: object, b: object) -> bool:
    """Whether a program that saw `a` would have run the same with `b`."""
    return a is b or (type(a) is type(b) and identity_of(a) == identity_of(b))


def identity_of(value: Any) -> Any:
    """Return something that is equal for exactly the values that are the same.

    The result never changes, even if `value` is a container that is changed later.
    """
    kind = type(value)
    if kind in _BY_EQUALITY:
        return kind, value
    if kind is float:
        return kind, value.hex()
    if kind is complex:
        return kind, value.real.hex(), value.imag.hex()
    if kind is slice:
        return kind, identity_of(value.start), identity_of(value.stop), identity_of(value.step)
    if kind in (tuple, list) or kind is torch.Size:
        return kind, tuple(map(identity_of, value))
    if kind in (set, frozenset):
        return kind, frozenset(map(identity_of, value))
    if kind is dict:
        return kind, tuple((identity_of(k), identity_of(v)) for k, v in value.items())
    if kind is MethodType:  # a new object each time it is looked up
        return kind, _Opaque(value.__self__), _Opaque(value.__func__)
    if kind is BuiltinMethodType:
        return kind, _Opaque(value.__self__), value.__name__
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)) and value.dtype.kind != "O":
        return kind, str(value.dtype), value.shape, value.tobytes()
    return _Opaque(value)


def is_singleton(value: object) -> bool:
    """Whether `is` tells this value apart: `None`, `True`, enum members, dtypes, and objects of no known content."""
    if value is None or value is True or value is False or value is ... or isinstance(value, Enum):
        return True
    return isinstance(identity_of(value), _Opaque)


class _Opaque:
    """Equal to itself by the identity of what it holds, and keeps it alive so that the identity stays its own."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Opaque) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def is_plain_tensor(value: object) -> bool:
    """Say whether a value is a tensor of PyTorch's own classes, or of one of ours that stands for such."""
    return isinstance(value, torch.Tensor) and type(value).__module__.partition(".")[0] in _OWN


_OWN = frozenset({torch.__name__, __name__.partition(".")[0]})
