"""Whether a program may ask if two of its tensors are one object (`x is y`, `id(x)`), which no trace can see.

Python answers `is` without telling anyone. So the code that the program can reach is read instead: its own function,
the `forward` of its modules, and from there every method and function by name, also those kept in containers and
closures. Comparisons with a constant or a global (`mask is None`) are no question about tensors. (Keys of dicts and
elements of sets are told apart by their hash, which a traced tensor notices by itself: questions.py.)

Invariant: too much code may be read, never too little of what is reached by name.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import operator
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import torch

from fullgraph.source import Owner, owner_of
from fullgraph.tracing.program_code import ProgramCode, all_modules, owner_of_class, package_of, program_code

_ROOTS = ("forward", "__call__")
_ASKING = frozenset({"id", "is_", "is_not"})  # the builtin, and what `operator` has
_ASKING_FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (id, operator.is_, operator.is_not)
_ON_CONSTANTS = frozenset({"LOAD_CONST", "LOAD_GLOBAL"})
_CONTAINERS = (list, tuple, set, frozenset)


def may_ask_identity(fn: Callable[..., Any]) -> bool:
    """Say whether the program's code may compare two tensors by identity."""
    code = program_code(fn)
    packages = _packages_of(fn, code)
    namespaces = [namespace for namespace in code.namespaces if package_of(namespace) in packages]
    named = _by_name([*map(vars, (*code.classes, *_classes_in(namespaces))), *namespaces])
    waiting = list(_entry_points(fn, code))
    seen: set[types.CodeType] = set()
    looked_up: set[str] = set()
    while waiting:
        function = waiting.pop()
        if not isinstance(function, types.FunctionType):
            return True  # one of those that ask
        if function.__code__ in seen:
            continue
        seen.add(function.__code__)
        asks, names = _read(function.__code__)
        if asks:
            return True
        own = function.__globals__
        reached = [
            *(own[name] for name in names if name in own),
            *(value for name in names - looked_up for value in named.get(name, ())),
            *_closed_over(function),
        ]
        looked_up |= names
        waiting.extend(each for value in reached for each in _functions_in(value))
    return False


def _packages_of(fn: Any, code: ProgramCode) -> set[str]:
    """Return the packages whose code the program can name or holds objects of: no other of the user's is asked."""
    held = [*_closed_over(fn)] if isinstance(fn, types.FunctionType) else []
    for owner in (fn, getattr(fn, "__self__", None)):
        parts = all_modules(owner) if isinstance(owner, torch.nn.Module) else [owner]
        held += [value for part in parts for value in getattr(part, "__dict__", {}).values()]
    defining = [namespace for namespace in code.namespaces if package_of(namespace) in code.packages]
    held += [value for namespace in defining for value in list(namespace.values())]
    return set(code.packages).union(map(_package_defining, held))


def _package_defining(value: Any) -> str:
    if isinstance(value, types.ModuleType):
        name = value.__name__
    else:
        name = (value if isinstance(value, (type, types.FunctionType)) else type(value)).__module__
    return str(name).partition(".")[0]


def _entry_points(fn: Any, code: ProgramCode) -> Iterator[Callable[..., Any]]:
    yield from _functions_in(fn)
    for cls in code.classes:
        for name in _ROOTS:
            yield from _functions_in(vars(cls).get(name))


def _by_name(scopes: Iterable[Mapping[str, Any]]) -> Mapping[str, list[Any]]:
    """Return all that has a name somewhere, by that name."""
    found: dict[str, list[Any]] = {}
    for scope in scopes:
        for name, value in list(scope.items()):
            found.setdefault(name, []).append(value)
    return found


def _closed_over(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # a cell that is filled later
            yield cell.cell_contents


def _functions_in(value: Any, depth: int = 2) -> Iterator[Callable[..., Any]]:
    """Return the functions that a value is or holds, as far as they are no library's of PyTorch or Python."""
    if any(value is asking for asking in _ASKING_FUNCTIONS):
        yield value
        return
    if isinstance(value, property):
        value = value.fget
    while isinstance(value, (staticmethod, classmethod, types.MethodType, functools.partial)):
        value = value.func if isinstance(value, functools.partial) else value.__func__
    if isinstance(value, types.FunctionType):
        while isinstance(value, types.FunctionType) and _is_of_program(value):
            yield value
            value = getattr(value, "__wrapped__", None)
    elif type(value) in _CONTAINERS and depth:
        for item in value:
            yield from _functions_in(item, depth - 1)
    elif type(value) is dict and depth:
        for item in value.values():
            yield from _functions_in(item, depth - 1)
    elif not isinstance(value, type):
        for cls in type(value).__mro__:
            if owner_of_class(cls) in (Owner.USER, Owner.PACKAGE):
                yield from _functions_in(vars(cls).get("__call__"))


def _is_of_program(function: types.FunctionType) -> bool:
    return owner_of(function.__code__.co_filename) in (Owner.USER, Owner.PACKAGE)


def _classes_in(namespaces: Iterable[dict[str, Any]]) -> list[type]:
    """Return the classes that can be named, PyTorch's and Python's apart."""
    named = {
        value
        for namespace in namespaces
        for value in list(namespace.values())
        if isinstance(value, type) and owner_of_class(value) in (Owner.USER, Owner.PACKAGE)
    }
    return [
        base for cls in named for base in cls.__mro__ if owner_of_class(base) in (Owner.USER, Owner.PACKAGE)
    ]


@functools.lru_cache(maxsize=4096)
def _read(code: types.CodeType) -> tuple[bool, frozenset[str]]:
    """Return whether this code compares by identity, and the names it uses; functions inside it included."""
    names = set(code.co_names)
    asks = bool(_ASKING & names)
    before: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IS_OP" and not _ON_CONSTANTS & set(before[-2:]):
            asks = True
        before.append(instruction.opname)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner_asks, inner_names = _read(constant)
            asks = asks or inner_asks
            names |= inner_names
    return asks, frozenset(names)
