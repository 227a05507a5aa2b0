"""What rewritten conditions call: `both(first(a, True, 7) and b, 7)` is `a and b`, and a condition if they are.

Invariant: for operands that are not traced, what comes out is exactly what Python gives.
"""

from __future__ import annotations

import threading
from typing import Any

import torch

from fullgraph.symbolic import Bool, Scope, and_, expr_of, not_, or_, scope_of, to_python


class _Noted(threading.local):
    """The first operands that were noted, with their places in the source; the last is the innermost."""

    def __init__(self) -> None:
        self.operands: list[tuple[int, Any, bool]] = []


_noted = _Noted()


def first(operand: Any, is_and: bool, place: int) -> Any:
    """Return what Python is to look at: for an undecided condition what lets it go on, as it does in the example."""
    scope = scope_of(operand) if type(operand) is torch.SymBool else None
    hint = None if scope is None else scope.hint_of(expr_of(operand))
    goes_on = hint is not None and bool(hint) is is_and
    _noted.operands.append((place, operand if goes_on else None, is_and))
    return is_and if goes_on else operand


def both(found: Any, place: int) -> Any:
    """Return what Python found, joined with what was noted before it."""
    noted, operand, is_and = _noted.operands.pop()
    while noted != place:  # an exception left it there
        noted, operand, is_and = _noted.operands.pop()
    if operand is None:
        return found
    if isinstance(found, (bool, torch.SymBool)):
        join = and_ if is_and else or_
        return to_python(join(expr_of(operand), expr_of(found)), _scope(operand))
    return found if bool(operand) is is_and else not is_and


def negated(operand: Any) -> Any:
    """Return `not operand`."""
    if type(operand) is not torch.SymBool or scope_of(operand) is None:
        return not operand
    condition = expr_of(operand)
    assert isinstance(condition, Bool)
    return to_python(not_(condition), _scope(operand))


def _scope(condition: torch.SymBool) -> Scope:
    scope = scope_of(condition)
    assert scope is not None
    return scope
