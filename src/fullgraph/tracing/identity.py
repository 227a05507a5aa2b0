"""Whether a program may ask if two of its tensors are one object (`x is y`, `id(x)`), which no trace can see.

Python answers `is` without telling anyone. So the code that the program can reach is read instead: its own function,
the `forward` of its modules, and from there every method and function by name. Comparisons with a constant or a
global (`mask is None`) are no question about tensors.

Invariant: too much code may be read, never too little of what is reached by name.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from fullgraph.tracing.program_code import ProgramCode, program_code

_ROOTS = ("forward", "__call__")
_ON_CONSTANTS = frozenset({"LOAD_CONST", "LOAD_GLOBAL"})


def may_ask_identity(fn: Callable[..., Any]) -> bool:
    """Say whether the program's code may compare two tensors by identity."""
    code = program_code(fn)
    waiting = list(_entry_points(fn, code))
    seen: set[int] = set()
    while waiting:
        function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        asks, names = _read(function)
        if asks:
            return True
        waiting.extend(_called(names, function, code))
    return False


def _entry_points(fn: Any, code: ProgramCode) -> Iterator[types.CodeType]:
    own = getattr(getattr(fn, "__func__", fn), "__code__", None)
    if isinstance(own, types.CodeType):
        yield own
    for cls in code.classes:
        for name in _ROOTS:
            yield from _code_of(vars(cls).get(name))


def _called(names: frozenset[str], caller: types.CodeType, code: ProgramCode) -> Iterator[types.CodeType]:
    for cls in code.classes:
        for name in names & vars(cls).keys():
            yield from _code_of(vars(cls)[name])
    for namespace in code.namespaces:
        for name in names & namespace.keys():
            yield from _code_of(namespace[name])


def _code_of(value: Any) -> Iterator[types.CodeType]:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    while isinstance(value, types.FunctionType):
        yield value.__code__
        value = getattr(value, "__wrapped__", None)


@functools.lru_cache(maxsize=4096)
def _read(code: types.CodeType) -> tuple[bool, frozenset[str]]:
    """Return whether this code compares by identity, and the names it uses; functions inside it included."""
    names = set(code.co_names)
    asks = "id" in names
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
