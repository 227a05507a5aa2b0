"""Whether the program catches what an operator or a check raises at the line that runs now.

What a program demands of its sizes (`torch._check`, an index within bounds) is a line of the contract, as other sizes
raise. Inside `try: ... except RuntimeError: ...` they do not: there it is a branch, with one way for each answer.

Found in the source: a `try` around the line, in any function on the way, with a clause for such exceptions that does
not end by raising; or a `with suppress(...)`. Without source nothing is known to be caught.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator
from types import CodeType
from typing import Final

from fullgraph.source import origin_here

# What sizes that a program does not take raise.
_RAISED: Final = frozenset(
    {
        "BaseException",
        "Exception",
        "RuntimeError",
        "ValueError",
        "LookupError",
        "IndexError",
        "ArithmeticError",
        "ZeroDivisionError",
        "OverflowError",
        "AssertionError",
    }
)


def is_caught_here() -> bool:
    """Say whether the program goes on if what it is doing now raises."""
    return any(
        _has_handlers(code) and any(_is_inside(code, line, body) for body in _caught(code.co_filename))
        for code, line in origin_here().lines
    )


def _has_handlers(code: CodeType) -> bool:
    """Most functions have none, and their files need not be read (Python 3.10 does not say so)."""
    return bool(getattr(code, "co_exceptiontable", True))


def _is_inside(code: CodeType, line: int, body: tuple[int, int]) -> bool:
    # A function that is defined inside of a `try` is called elsewhere.
    return code.co_firstlineno <= body[0] and body[0] <= line <= body[1]


def _caught(filename: str) -> tuple[tuple[int, int], ...]:
    return _bodies("".join(linecache.getlines(filename)))


@functools.lru_cache(maxsize=64)
def _bodies(source: str) -> tuple[tuple[int, int], ...]:
    """Return the first and last line of each body whose exceptions do not leave it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return tuple((body[0].lineno, body[-1].end_lineno or body[-1].lineno) for body in _caught_bodies(tree))


def _caught_bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        match node:
            case ast.Try(body, clauses) if any(map(_goes_on, clauses)):
                yield body
            case ast.With(items, body) if any(_suppresses(item.context_expr) for item in items):
                yield body
            case _:
                pass


def _goes_on(clause: ast.ExceptHandler) -> bool:
    catches = clause.type is None or not _names(clause.type).isdisjoint(_RAISED)
    return catches and not isinstance(clause.body[-1], ast.Raise)


def _suppresses(context: ast.expr) -> bool:
    return (
        isinstance(context, ast.Call)
        and "suppress" in _names(context.func)
        and any(not _names(argument).isdisjoint(_RAISED) for argument in context.args)
    )


def _names(of: ast.expr) -> frozenset[str]:
    """Return the names that an expression is made of, `torch.cuda.OutOfMemoryError` as its last one."""
    match of:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return frozenset({name})
        case ast.Tuple(elts=parts):
            return frozenset[str]().union(*map(_names, parts))
        case _:
            return frozenset()
