"""Operations on two nodes, looked up when they were done before.

The layers of a model repeat the same few sizes, so nearly every operation of a trace has been done already. Its
result is kept in the scope, by the operation and the *expressions* of the operands, and stays right for as long as
the facts stay: `Scope` empties the table whenever something is learnt or forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

Binary: TypeAlias = Callable[[Any, Any], Any]


def remembered(compute: Binary) -> Binary:
    """Do an operation on two nodes once; it must depend on nothing but their expressions and the facts."""

    @wraps(compute)
    def looked_up(self: Any, other: Any) -> Any:
        results = self.scope.results
        key = compute, self.expr, other.expr
        found = results.get(key)
        if found is None:
            found = results[key] = compute(self, other)
        return found

    return looked_up
