"""Forms: what a bound is kept of.

Every integer expression e is k*form + c, where the form has no constant term, coprime coefficients and a positive
leading one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from fullgraph.symbolic.expr import Expr, common_factor, leading, polynomial


@dataclass(frozen=True)
class Form:
    """The decomposition e = factor * form + constant; `form` is None if e is constant."""

    form: Expr | None
    factor: int
    constant: int


@lru_cache(maxsize=4096)
def form_of(e: Expr) -> Form:
    """Decompose an integer expression."""
    if e.is_const:
        return Form(None, 0, e.value)
    if e.kind != "polynomial":
        return Form(e, 1, 0)
    factor = common_factor(e.terms)
    if e.terms[leading(e.terms)] < 0:
        factor = -factor
    form = polynomial({m: c // factor for m, c in e.terms.items() if m})
    return Form(form, factor, e.terms.get((), 0))
