"""Operators that return nothing and state something of a size: it becomes a check of the program."""

from __future__ import annotations

from fullgraph.symbolic import Expr, Scope, expr_of, ge, le
from fullgraph.tracing.rules.table import Out, rule


@rule("sym_constrain_range sym_constrain_range_for_size")
def sym_constrain_range(
    scope: Scope, size: int | Expr, *, min: int | None = None, max: int | None = None
) -> list[Out]:
    """`torch._constrain_as_size(n, min=2, max=9)`."""
    expr = size if isinstance(size, Expr) else expr_of(size)
    holds = (min is None or scope.ask(ge(expr, min), "check")) and (
        max is None or scope.ask(le(expr, max), "check")
    )
    if not holds:
        raise RuntimeError(f"{size} is not between {min} and {max}.")
    return []
