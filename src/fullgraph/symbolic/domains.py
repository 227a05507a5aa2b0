"""Where Python raises: the operations that have no result for some values of their operands.

`math.sqrt(-1.0)`, `1 / 0`, `int(nan)` raise in eager. A graph computes only what its outputs need, so an exception
might never come; and a contract is to say in advance which calls are answered. So each operation here asks, with kind
"check", that its operands are among those for which Python has a result: what is not known becomes a fact that the
program checks.

Comparisons with nan are false. So each condition is written as what must *not* hold where nan is welcome
(`not x < 0` for a root: the root of nan is nan), and as what must hold where it isn't (`int(nan)` raises).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from fullgraph.symbolic import arithmetic, floats
from fullgraph.symbolic.boolean import Bool, and_, ge, gt, le, lt, ne, not_, or_, true
from fullgraph.symbolic.exact_floats import LARGEST, whole
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.scalars import as_number, is_finite, is_infinite
from fullgraph.symbolic.scope import Scope


def require(scope: Scope, condition: Bool, otherwise: Exception) -> None:
    """Check that a condition holds; raise what Python raises if it never does."""
    if not scope.ask(condition, "check"):
        raise otherwise


def truncate(what: Expr | Bool, scope: Scope) -> Expr:
    """Return Python's `int(what)`; a float must be finite.

    Args:
        what: an integer, a float, or a condition.
        scope: asked whether a float is finite.

    Raises:
        OverflowError: the float is known to be infinite or nan.
    """
    return rounded("trunc", as_number(what), scope)


def rounded(rounding: str, what: Expr, scope: Scope) -> Expr:
    """Return `floor`, `ceil`, `trunc` or `round` of a number as an integer; a float must be finite."""
    # What is computed from sizes overflows only where a float holds no such size, and Python has raised there.
    if what.is_float and any(symbol.is_float for symbol in what.symbols):
        require(scope, is_finite(what), OverflowError("cannot convert float infinity or NaN to integer"))
    found = whole(what) if what.is_float else None
    if found is not None and all(scope.ask(_is_small(each), "check") for each in found.small):
        return found.value
    return floats.to_integer(rounding, what)


def _is_small(a: Expr) -> Bool:
    return and_(le(a, LARGEST), ge(a, -LARGEST))


def function(name: str, what: Expr, scope: Scope) -> Expr:
    """Return `math.<name>(what)`; the operand must be one for which it is defined."""
    domain = _DOMAINS.get(name)
    if domain is not None and not what.is_const:
        require(scope, domain(what), ValueError("math domain error"))
    return floats.math_function(name, what)


def require_nonzero(scope: Scope, divisor: Expr) -> None:
    """Check that a divisor isn't 0 (nan and infinities divide)."""
    if 0 in scope.bounds_of(divisor):
        require(scope, ne(divisor, 0), ZeroDivisionError("division by zero"))


def power(scope: Scope, base: Expr, exponent: Expr, modulus: Expr | None = None) -> Expr:
    """Return `base ** exponent`, whose type Python chooses by the sign of an integer exponent."""
    if modulus is not None:
        return _power_modulo(scope, base, exponent, modulus)
    if not (base.is_float or exponent.is_float) and scope.ask(ge(exponent, 0), "guard"):
        return arithmetic.pow_(base, exponent)
    whole = not exponent.is_float or (exponent.is_const and float(exponent.value).is_integer())
    if not whole:
        require(
            scope,
            not_(lt(base, 0)),
            ValueError("a negative number to a fractional power is complex, and sizes are not"),
        )
    if not (exponent.is_const and exponent.value >= 0):
        # 0.0 ** -1 raises, and is the only thing that does.
        require(scope, or_(ne(base, 0), not_(lt(exponent, 0))), ZeroDivisionError("0.0 to a negative power"))
    return arithmetic.pow_(floats.to_float(base), floats.to_float(exponent))


def _power_modulo(scope: Scope, base: Expr, exponent: Expr, modulus: Expr) -> Expr:
    """Return `pow(base, exponent, modulus)` of integers."""
    if base.is_float or exponent.is_float or modulus.is_float:
        raise TypeError("pow() 3rd argument not allowed unless all arguments are integers")
    require(scope, ge(exponent, 0), ValueError("a size has no inverse modulo another in a graph"))
    require(scope, ne(modulus, 0), ValueError("pow() 3rd argument cannot be 0"))
    return arithmetic.mod(arithmetic.pow_(base, exponent), modulus)


def of_floats(name: str, scope: Scope, *operands: Expr) -> Expr:
    """Return `math.<name>(*operands)` of floats; a remainder has no result for a divisor of 0, or of an infinity."""
    x, *others = map(floats.to_float, operands)
    if name in ("fmod", "remainder"):
        require(scope, ne(others[0], 0), ValueError("math domain error"))
        if any(symbol.is_float for symbol in x.symbols):
            require(scope, _not_infinite(x), ValueError("math domain error"))
    return floats.of_floats(name, x, *others)


def of_integers(name: str, scope: Scope, *operands: Expr) -> Expr:
    """Return `math.<name>(*operands)` of integers, none of which may be negative."""
    if any(each.is_float for each in operands):
        raise TypeError("'float' object cannot be interpreted as an integer")
    for each in operands:
        require(scope, ge(each, 0), ValueError(f"{name}() takes no negative numbers"))
    return arithmetic.integer_function(name, *operands)


_LARGEST_EXP = math.log(sys.float_info.max)
_LARGEST_COSH = math.acosh(sys.float_info.max)


def _inside(x: Expr) -> Bool:
    return not_(or_(lt(x, -1), gt(x, 1)))


def _not_infinite(x: Expr) -> Bool:
    return not_(is_infinite(x)) if x.is_float else true


def _at_most(limit: float, and_infinity: bool = True) -> Callable[[Expr], Bool]:
    """Where a function does not overflow; of infinity itself there is a result."""
    return lambda x: or_(not_(gt(x, limit)), *((ge(x, math.inf),) if x.is_float else ()))


def _not_below(limit: float) -> Callable[[Expr], Bool]:
    return lambda x: not_(lt(x, limit))


def _not_up_to(limit: float) -> Callable[[Expr], Bool]:
    return lambda x: not_(le(x, limit))


_DOMAINS: dict[str, Callable[[Expr], Bool]] = {
    "sqrt": _not_below(0),
    "log": _not_up_to(0),
    "log2": _not_up_to(0),
    "log10": _not_up_to(0),
    "log1p": _not_up_to(-1),
    "acosh": _not_below(1),
    "asin": _inside,
    "acos": _inside,
    "atanh": lambda x: not_(or_(le(x, -1), ge(x, 1))),
    "sin": _not_infinite,
    "cos": _not_infinite,
    "tan": _not_infinite,
    "exp": _at_most(_LARGEST_EXP),
    "expm1": _at_most(_LARGEST_EXP),
    "exp2": _at_most(math.nextafter(1024.0, 0.0)),
    "sinh": lambda x: or_(not_(gt(floats.unary("abs", floats.to_float(x)), _LARGEST_COSH)), is_infinite(x)),
    "cosh": lambda x: or_(not_(gt(floats.unary("abs", floats.to_float(x)), _LARGEST_COSH)), is_infinite(x)),
}
