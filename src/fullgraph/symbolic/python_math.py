"""Functions of `math` on symbolic numbers: each stands in while a trace runs.

Python's own functions would ask a symbolic number for its value, as those that are missing here still do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.either import as_float, settled
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.nodes import Node
from fullgraph.symbolic.operations import FLOAT_FUNCTIONS, FLOATS_FUNCTIONS, INTEGER_FUNCTIONS, MATH_FUNCTIONS
from fullgraph.symbolic.scalars import as_number, is_finite, is_infinite
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

# The others take floats: an integer becomes one first.
_OF_INTEGERS = (*INTEGER_FUNCTIONS, "gcd", "lcm")

Original = Callable[..., Any]
Compute = Callable[..., "Expr | Bool"]


def scope_of(*numbers: Any) -> Scope | None:
    """Return the scope of the first symbolic number that is ours."""
    for number in numbers:
        node = getattr(number, "node", None)
        if isinstance(node, Node):
            return node.scope
    return None


def _standing_in(name: str, compute: Compute) -> Callable[[Original | None], Original]:
    """Make a replacement that calls `compute(scope, *operands)` on the expressions of numbers."""
    read = settled if name in _OF_INTEGERS else as_float

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def function(*operands: Any) -> Any:
            scope = scope_of(*operands)
            if scope is None or not all(isinstance(x, (int, float, *SYMBOLIC_CLASSES)) for x in operands):
                return original(*operands)
            return to_python(compute(scope, *(as_number(expr_of(read(x))) for x in operands)), scope)

        return function

    return replacement


def _log(scope: Scope, what: Expr, base: Expr | None = None) -> Expr:
    found = domains.function("log", what, scope)
    if base is None:
        return found
    divisor = domains.function("log", base, scope)
    if not divisor.is_const:
        domains.require_nonzero(scope, divisor)
    return arithmetic.truediv(found, divisor)


def _power(scope: Scope, base: Expr, exponent: Expr) -> Expr:
    return domains.power(scope, floats.to_float(base), floats.to_float(exponent))


def _gcd(scope: Scope, *numbers: Expr) -> Expr:
    return reduce(arithmetic.gcd, numbers)


def _lcm(scope: Scope, *numbers: Expr) -> Expr:
    def of_two(a: Expr, b: Expr) -> Expr:
        # Where the divisor is 0, both numbers are, and so is the result.
        return arithmetic.floordiv(
            arithmetic.abs_(arithmetic.mul(a, b)), arithmetic.max_(arithmetic.gcd(a, b), 1)
        )

    return arithmetic.abs_(reduce(of_two, numbers))


def _permutations(scope: Scope, of: Expr, taken: Expr | None = None) -> Expr:
    if taken is None:
        return domains.of_integers("factorial", scope, of)
    return domains.of_integers("perm", scope, of, taken)


def _distance(original: Original | None) -> Original:
    """Python computes `math.dist(p, q)` as it computes `math.hypot` of the differences."""
    assert original is not None

    def distance(p: Iterable[Any], q: Iterable[Any], /) -> Any:
        ours, theirs = tuple(p), tuple(q)
        if scope_of(*ours, *theirs) is None or len(ours) != len(theirs):
            return original(ours, theirs)
        return math.hypot(*(a * 1.0 - b * 1.0 for a, b in zip(ours, theirs, strict=True)))

    return distance


def _load_exponent(original: Original | None) -> Original:
    """`math.ldexp` insists on a plain exponent; its overflow could not be told beforehand of another."""
    assert original is not None

    def ldexp(x: Any, i: Any, /) -> Any:
        scope = scope_of(i)
        return original(x, i if scope is None else int(scope.value_of(as_number(expr_of(i)))))

    return ldexp


def _is_close(original: Original | None) -> Original:
    """Ask what Python asks; infinities are near to themselves alone."""
    assert original is not None

    def is_close(a: Any, b: Any, *, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> Any:
        scope = scope_of(a, b)
        if scope is None or scope_of(rel_tol, abs_tol) is not None or rel_tol < 0 or abs_tol < 0:
            return original(a, b, rel_tol=rel_tol, abs_tol=abs_tol)
        x, y = (floats.to_float(as_number(expr_of(as_float(each)))) for each in (a, b))
        distance = arithmetic.abs_(arithmetic.sub(y, x))
        near: list[Expr | float] = [
            abs_tol,
            *(arithmetic.abs_(arithmetic.mul(float(rel_tol), each)) for each in (x, y)),
        ]
        within = boolean.or_(*(boolean.le(distance, each) for each in near))
        return to_python(
            boolean.or_(boolean.eq(x, y), boolean.and_(is_finite(x), is_finite(y), within)), scope
        )

    return is_close


def _table() -> Mapping[str, Compute]:
    def named(name: str) -> Compute:
        return lambda scope, x: domains.function(name, x, scope)

    def of_several(compute: Callable[..., Expr], name: str) -> Compute:
        return lambda scope, *operands: compute(name, scope, *operands)

    return {
        **{name: named(name) for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS)},
        "log": _log,
        "pow": _power,
        "gcd": _gcd,
        "lcm": _lcm,
        "fabs": lambda scope, x: arithmetic.abs_(floats.to_float(x)),
        **{name: of_several(domains.of_floats, name) for name in FLOATS_FUNCTIONS},
        **{name: of_several(domains.of_integers, name) for name in INTEGER_FUNCTIONS},
        "perm": _permutations,
        "isnan": lambda scope, x: boolean.ne(floats.to_float(x), floats.to_float(x)),
        "isinf": lambda scope, x: is_infinite(floats.to_float(x)),
        "isfinite": lambda scope, x: is_finite(floats.to_float(x)),
    }


MATH_REPLACEMENTS: Mapping[tuple[Any, str], Callable[[Original | None], Original]] = {
    **{
        (math, name): _standing_in(name, compute) for name, compute in _table().items() if hasattr(math, name)
    },
    (math, "dist"): _distance,
    (math, "isclose"): _is_close,
    (math, "ldexp"): _load_exponent,
}
