"""Functions of `math` on symbolic numbers: each stands in while a trace runs.

Python's own functions would ask a symbolic number for its value, as those that are missing here still do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.nodes import Node
from fullgraph.symbolic.operations import FLOAT_FUNCTIONS, MATH_FUNCTIONS
from fullgraph.symbolic.scalars import as_number, is_finite, is_infinite
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

Original = Callable[..., Any]
Compute = Callable[..., "Expr | Bool"]


def scope_of(*numbers: Any) -> Scope | None:
    """Return the scope of the first symbolic number that is ours."""
    for number in numbers:
        node = getattr(number, "node", None)
        if isinstance(node, Node):
            return node.scope
    return None


def _standing_in(compute: Compute) -> Callable[[Original | None], Original]:
    """Make a replacement that calls `compute(scope, *operands)` on the expressions of numbers."""

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def function(*operands: Any) -> Any:
            scope = scope_of(*operands)
            if scope is None or not all(isinstance(x, (int, float, *SYMBOLIC_CLASSES)) for x in operands):
                return original(*operands)
            return to_python(compute(scope, *(as_number(expr_of(x)) for x in operands)), scope)

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


def _table() -> Mapping[str, Compute]:
    def named(name: str) -> Compute:
        return lambda scope, x: domains.function(name, x, scope)

    return {
        **{name: named(name) for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS)},
        "log": _log,
        "pow": _power,
        "gcd": _gcd,
        "lcm": _lcm,
        "fabs": lambda scope, x: arithmetic.abs_(floats.to_float(x)),
        "copysign": lambda scope, x, y: floats.binary("copysign", floats.to_float(x), floats.to_float(y)),
        "isnan": lambda scope, x: boolean.ne(floats.to_float(x), floats.to_float(x)),
        "isinf": lambda scope, x: is_infinite(floats.to_float(x)),
        "isfinite": lambda scope, x: is_finite(floats.to_float(x)),
    }


MATH_REPLACEMENTS: Mapping[tuple[Any, str], Callable[[Original | None], Original]] = {
    (math, name): _standing_in(compute) for name, compute in _table().items() if hasattr(math, name)
}
