"""What can be reached from a value: a tensor, nothing but plain data, or something opaque.

It decides whether an object that nobody registered is a container of its attributes or one leaf.

Invariant: asking changes nothing, runs no code of the value's class, and ends on values that contain themselves.
"""

from __future__ import annotations

import enum
import functools
import types
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any, Final

import torch

from fullgraph.contract import TensorSpec
from fullgraph.tracing.attributes import attributes_of

# Asked of every leaf of every structure, so answered by one look-up of the exact type.
SCALARS: Final = frozenset(
    {
        int,
        float,
        bool,
        str,
        complex,
        bytes,
        type(None),
        torch.dtype,
        torch.device,
        torch.layout,
        torch.memory_format,
    }
    | {type(...), type(NotImplemented), range}
)
LEAVES: Final = (torch.Tensor, TensorSpec, torch.SymInt, torch.SymFloat, torch.SymBool)
_OPAQUE: Final = (
    torch.nn.Module,
    type,
    types.FunctionType,
    types.MethodType,
    types.ModuleType,
    enum.Enum,
    BaseException,
)
BUILT_IN: Final = (list, tuple, dict, deque)


class Nature(Enum):
    """What can be reached from a value."""

    HOLDS_TENSOR = auto()
    PLAIN = auto()  # nothing but plain data
    OPAQUE = auto()  # something that is neither


def nature_of(value: Any) -> Nature:
    """Say what can be reached from a value."""
    return _nature_of(value, set())


def _nature_of(value: Any, seen: set[int]) -> Nature:
    cls: type = type(value)
    if cls in SCALARS:
        return Nature.PLAIN
    if isinstance(value, LEAVES):
        return Nature.HOLDS_TENSOR
    if isinstance(value, (type, enum.Enum, types.FunctionType, types.BuiltinFunctionType)):
        return Nature.PLAIN
    if isinstance(value, _OPAQUE):
        return Nature.OPAQUE
    if id(value) in seen:
        return Nature.PLAIN  # what it adds is being found out by whoever met it first
    seen.add(id(value))
    natures = {_nature_of(each, seen) for each in _reached_from(value)}
    if Nature.HOLDS_TENSOR in natures:
        return Nature.HOLDS_TENSOR
    is_known = (
        isinstance(value, (*BUILT_IN, set, frozenset, slice)) or can_be_made_blank(cls) or _is_value(cls)
    )
    return Nature.OPAQUE if Nature.OPAQUE in natures or not is_known else Nature.PLAIN


def _reached_from(value: Any) -> Iterator[Any]:
    """Yield what a value refers to, as far as this file can take it apart."""
    cls: type = type(value)
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple, deque, set, frozenset)):
        yield from value
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    if can_be_made_blank(cls) or isinstance(value, BUILT_IN):
        yield from attributes_of(value).values()


@functools.cache
def can_be_made_blank(cls: type) -> bool:
    """Say whether the state of such an object is all in its attributes: it is made by `object.__new__`."""
    if issubclass(cls, _OPAQUE):
        return False
    if cls is types.SimpleNamespace:
        return True
    solid = [base for base in cls.__mro__ if base is not object and not _is_python_class(base)]
    return not solid and cls is not object


def _is_python_class(cls: type) -> bool:
    # C modules make heap types too: those bring a `__new__` in C (functools.partial) or forbid making one (locks).
    heap_type, not_instantiated = 1 << 9, 1 << 7
    new: Callable[..., Any] | None = vars(cls).get("__new__")
    is_made_by_c = bool(cls.__flags__ & not_instantiated) or isinstance(new, types.BuiltinFunctionType)
    return bool(cls.__flags__ & heap_type) and not is_made_by_c


def has_own_equality(cls: type) -> bool:
    """Say whether objects of a class are told by their value and may be keys of a dict."""
    own: Any = cls.__eq__
    return own is not object.__eq__ and cls.__hash__ is not None


def _is_value(cls: type) -> bool:
    """Say whether an object of a C class is told by its value: dates, fractions, decimals."""
    own: Any = cls.__hash__
    return has_own_equality(cls) and own is not object.__hash__
