"""Code objects: which of a module's is the one that runs, and what is in it.

A code object holds those of its inner functions, comprehensions and classes among its constants. A *path* names one
in its module by the positions on the way there. Two compilations of one module that differ only inside of expressions
have the same paths.

Source on disk may have changed since it was imported, and import hooks compile other trees than the one in the file. So
a code object is found by being equal, instruction by instruction, to one compiled from the unchanged text. The one
hook that is known to change nothing but `assert` statements (pytest's) is excused: there, names, variables and line
numbers have to agree instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

Path = tuple[int, ...]


def find(code: CodeType, module: CodeType) -> Path | None:
    """Return the path of the code object of a module that equals `code`; None when there is none, or no telling."""
    found = [path for path, each in _walk(module) if _is_same(code, each)]
    return found[0] if len(found) == 1 else None


def follow(module: CodeType, path: Path) -> CodeType:
    """Return the code object that a path leads to."""
    for index in path:
        module = _inner(module)[index]
    return module


def contains(code: CodeType, wanted: CodeType) -> bool:
    """Say whether `wanted` is `code` itself, or somewhere in it."""
    return code is wanted or any(contains(each, wanted) for each in _inner(code))


def twins(one: CodeType, other: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the pairs of code objects at the same places of two that differ only inside of expressions."""
    yield one, other
    inner, others = _inner(one), _inner(other)
    if [each.co_name for each in inner] == [each.co_name for each in others]:
        for pair in zip(inner, others):
            yield from twins(*pair)


def with_constant(code: CodeType, placeholder: str, value: Any) -> CodeType:
    """Return code with `value` where it and all in it have the constant `placeholder`."""
    constants = tuple(
        with_constant(each, placeholder, value)
        if isinstance(each, CodeType)
        else value
        if type(each) is str and each == placeholder
        else each
        for each in code.co_consts
    )
    return code.replace(co_consts=constants)


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _walk(code: CodeType, path: Path = ()) -> Iterator[tuple[Path, CodeType]]:
    yield path, code
    for index, each in enumerate(_inner(code)):
        yield from _walk(each, (*path, index))


def _is_same(code: CodeType, other: CodeType) -> bool:
    if code.co_name != other.co_name or code.co_firstlineno != other.co_firstlineno:
        return False
    return _with_own_asserts(code, other) if _PYTEST in code.co_names else _equal(code, other)


def _equal(code: CodeType, other: CodeType) -> bool:
    if any(getattr(code, name) != getattr(other, name) for name in _COMPARED):
        return False
    return len(code.co_consts) == len(other.co_consts) and all(
        map(_same_constant, code.co_consts, other.co_consts)
    )


def _same_constant(one: Any, other: Any) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _equal(one, other)
    # 1, 1.0 and True are equal, -0.0 and 0.0 too, and so are tuples of them; nan equals nothing.
    return type(one) is type(other) and repr(one) == repr(other)


def _with_own_asserts(code: CodeType, other: CodeType) -> bool:
    """Compare what pytest leaves as it is: it adds variables `@py_...` and names of its own."""
    variables = tuple(name for name in code.co_varnames if not name.startswith("@"))
    return (
        variables == other.co_varnames
        and set(other.co_names) - {"AssertionError"} <= set(code.co_names)
        and all(getattr(code, name) == getattr(other, name) for name in _SIGNATURE)
    )


_PYTEST = "@pytest_ar"
_SIGNATURE = (
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_flags",
    "co_freevars",
    "co_cellvars",
)
_COMPARED = (
    *_SIGNATURE,
    "co_code",
    "co_names",
    "co_varnames",
    "co_linetable",
    *(("co_qualname", "co_exceptiontable") if sys.version_info >= (3, 11) else ()),
)
