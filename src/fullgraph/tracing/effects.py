"""Ambient effects: what a program reads that is no argument, parameter or state: the clock, chance, the environment.

A graph would answer with the value of the export for ever. So for the length of a trace the functions that give such
values refuse when the *program* asks, with its line; `constant(fn, ...)` says that the value of the export is wanted.

Who asks decides. A call by torch or the standard library (a log record takes the time) is none of the program's
business, and so is the code of a module that happens to be imported meanwhile. Installed packages may read the
environment and files, which are their configuration; the clock only if they do not define the program; chance never.

Functions are replaced where they live and wherever the program's own modules hold them by another name
(`from time import time`). Replacements act in the tracing thread only.

Invariant: when `refusing_ambient_effects` ends, each name holds the object it held before.
"""

from __future__ import annotations

import functools
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import torch

from fullgraph.errors import Unsupported
from fullgraph.source import Origin, Owner, origin_here, owner_of
from fullgraph.tracing.ambient import Place, Subject, ambient_places
from fullgraph.tracing.dispatch import plain_torch
from fullgraph.tracing.explaining import refuse
from fullgraph.tracing.program_code import ProgramCode, package_of, program_code
from fullgraph.tracing.traced import TracedTensor
from fullgraph.tracing.tree import flatten

Result = TypeVar("Result")
_TRACED: Final = (TracedTensor, torch.SymInt, torch.SymFloat, torch.SymBool)


@dataclass(frozen=True)
class FixedValue:
    """A value that `constant` fixed at export.

    Args:
        name: the function that gave it: `time.time`.
        value: what it gave.
        origin: the line that asked for it.
    """

    name: str
    value: Any
    origin: Origin


@dataclass
class Watch:
    """What one trace knows of ambient effects while it runs.

    Args:
        packages: the installed packages that define the program; the clock is refused to them as to the user.
        fixed: what `constant` fixed so far, in order.
    """

    packages: frozenset[str]
    fixed: list[FixedValue] = field(default_factory=list)
    allowed: int = 0  # how many calls of `constant` are running


class _Running(threading.local):
    watch: Watch | None = None


_running = _Running()


@contextmanager
def refusing_ambient_effects(fn: Callable[..., Any]) -> Iterator[Watch]:
    """Refuse ambient effects to a program while it is traced in this thread.

    Args:
        fn: the program; its modules are searched for names that hold the functions in question.

    Yields:
        What `constant` fixed, once the program has run.
    """
    code = program_code(fn)
    before, watch = _running.watch, Watch(code.packages)
    replaced: list[tuple[Any, str, Any]] = []
    try:
        for place in ambient_places(code.names_module("numpy")):
            _replace(place.owner, place.name, _guarded(place), replaced)
        for namespace, name, stand_in in _names_by_value(fn, code):
            _replace(namespace, name, stand_in, replaced)
        _running.watch = watch
        yield watch
    finally:
        _running.watch = before
        for owner, name, original in reversed(replaced):
            _put(owner, name, original)


def constant(fn: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Call a function whose result is fixed at export.

    Eagerly this is `fn(*args, **kwargs)`. In an exported program it is the value that the call gave during the export,
    listed by `program.contract.constants`. Inside the call the clock, random numbers, the environment and files may be
    read, and tensors are made once, at export.

    Args:
        fn: the function.
        args: its positional arguments.
        kwargs: its keyword arguments.

    Returns:
        What `fn` returns.

    Raises:
        Unsupported: the call depends on an input.

    Example:
        >>> import os
        >>> def scale(x):
        ...     return x * float(constant(os.environ.get, "SCALE", "2"))
    """
    watch = _running.watch
    if watch is None:
        return fn(*args, **kwargs)
    name = getattr(fn, "__qualname__", type(fn).__qualname__)
    _refuse_traced((args, kwargs), name, "is given")
    watch.allowed += 1
    try:
        with plain_torch():  # tensors made inside are real: they become constants of the program
            value = fn(*args, **kwargs)
    finally:
        watch.allowed -= 1
    _refuse_traced(value, name, "returns")
    watch.fixed.append(FixedValue(name, value, origin_here()))
    return value


def _refuse_traced(value: Any, name: str, does: str) -> None:
    if any(isinstance(leaf, _TRACED) for leaf in flatten(value).leaves):
        raise Unsupported(
            f"`{name}`, called through fullgraph.constant, {does} a traced value.",
            why="Its result would depend on the inputs, but is to be fixed at export.",
            instead="Call it without fullgraph.constant, or compute it from values that are no inputs.",
            where=origin_here(),
            case="constant_of_input",
        )


@functools.cache
def _guarded(place: Place) -> Any:
    """Return what stands at a place during a trace: the original, but not for the program."""
    original = place.original
    if place.methods:  # a class of C, whose methods cannot be replaced
        methods = {
            name: _refusing(getattr(original, name), f"{place.shown}.{name}", place) for name in place.methods
        }
        return _StandIn(original, methods)
    return _refusing(original, place.shown, place)


def _refusing(original: Callable[..., Any], shown: str, place: Place) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        watch = _running.watch
        if watch is not None and not watch.allowed and _asks(sys._getframe(1), place, watch):
            refuse(
                Unsupported(
                    f"The program calls `{shown}` while it is traced.",
                    why=f"It gives {place.subject.value}; the graph would give the value of the export in every call.",
                    instead=place.advice,
                    where=origin_here(),
                    case=place.case,
                )
            )
        return original(*args, **kwargs)

    functools.update_wrapper(guarded, original, updated=())
    return guarded


class _StandIn:
    """Stands for a class of C: behaves as the class, but some of its class methods refuse."""

    def __init__(self, original: type, methods: dict[str, Callable[..., Any]]) -> None:
        self.__dict__.update(methods)
        self.__dict__["__wrapped__"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.__wrapped__)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.__wrapped__,)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)


def _asks(frame: types.FrameType | None, place: Place, watch: Watch) -> bool:
    """Say whether it is the program that asks: whose code called, past the module the function belongs to."""
    while frame is not None and frame.f_code.co_filename in place.own_files:
        frame = frame.f_back
    if frame is None:
        return False
    owner = owner_of(frame.f_code.co_filename)
    if owner is Owner.USER:
        return not _is_importing(frame)
    if owner is not Owner.PACKAGE or place.subject is Subject.SURROUNDINGS:
        return False
    if place.subject is Subject.CLOCK and package_of(frame.f_globals) not in watch.packages:
        return False
    return not _is_importing(frame)


def _is_importing(frame: types.FrameType | None) -> bool:
    """Say whether this is the code of a module being imported *by the program*: the export itself may run in one."""
    while frame is not None and owner_of(frame.f_code.co_filename) is not Owner.FULLGRAPH:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _names_by_value(fn: Callable[..., Any], code: ProgramCode) -> Iterator[tuple[Any, str, Any]]:
    """Yield the names of the program's own modules and closure that hold such a function, and what to put there."""
    stand_ins = {
        id(place.original): place
        for place in ambient_places(code.names_module("numpy"))
        if place.is_one_object
    }
    for cell in getattr(getattr(fn, "__func__", fn), "__closure__", None) or ():
        place = stand_ins.get(id(_get(cell, "cell_contents")))
        if place is not None:
            yield cell, "cell_contents", _guarded(place)
    for namespace in code.namespaces:
        for name, value in list(namespace.items()):
            place = stand_ins.get(id(value))
            if place is not None:
                yield namespace, name, _guarded(place)


_MISSING: Final = object()


def _replace(owner: Any, name: str, stand_in: Any, replaced: list[tuple[Any, str, Any]]) -> None:
    before = _get(owner, name)
    if before is not stand_in:
        replaced.append((owner, name, before))
        _put(owner, name, stand_in)


def _get(owner: Any, name: str) -> Any:
    """Return what an owner itself holds: a namespace, a class or module, or a cell."""
    if isinstance(owner, types.CellType):
        try:
            return owner.cell_contents
        except ValueError:
            return _MISSING
    return (owner if isinstance(owner, dict) else vars(owner)).get(name, _MISSING)


def _put(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, dict):
        owner[name] = value
    elif value is _MISSING:
        delattr(owner, name)  # a method that the class has from its base
    else:
        setattr(owner, name, value)
