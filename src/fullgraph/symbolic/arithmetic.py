"""Integer arithmetic on expressions: each constructor returns the canonical result.

A rewriting is used only if it gives Python's own result for *every* value of the symbols for which Python
gives one (dividing by zero raises in Python; whoever divides asks first whether the divisor may be zero).
Nothing here looks at what is known of a symbol: that is `Scope.simplify`.

If an operand is a float, the operation is one of floating point and is handed to `floats`, where nothing is
ever reordered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import copysign
from math import gcd as _gcd

from fullgraph.symbolic import floats
from fullgraph.symbolic.division import exact_quotient, floordiv_integers, mod_integers
from fullgraph.symbolic.expr import (
    Expr,
    Operand,
    apply,
    constant_difference,
    expression,
    integer,
    minus,
    plus,
    times,
)
from fullgraph.symbolic.interning import fingerprint_of
from fullgraph.symbolic.operations import PYTHON

# `x ** n` is multiplied out up to this degree.
_LARGEST_POWER = 16


def _binary(kind: str, of_integers: Callable[[Expr, Expr], Expr], a: Operand, b: Operand) -> Expr:
    a = a if type(a) is Expr else expression(a)
    b = b if type(b) is Expr else expression(b)
    return floats.binary(kind, a, b) if a.is_float or b.is_float else of_integers(a, b)


def add(a: Operand, b: Operand) -> Expr:
    """Return `a + b`."""
    return _binary("add", plus, a, b)


def sub(a: Operand, b: Operand) -> Expr:
    """Return `a - b`."""
    return _binary("sub", minus, a, b)


def mul(a: Operand, b: Operand) -> Expr:
    """Return `a * b`."""
    return _binary("mul", times, a, b)


def neg(a: Operand) -> Expr:
    """Return `-a`."""
    a = expression(a)
    return floats.unary("neg", a) if a.is_float else times(integer(-1), a)


def sum_(operands: list[Expr] | tuple[Expr, ...]) -> Expr:
    """Return the sum of all operands."""
    return reduce(add, operands, integer(0))


def prod(operands: list[Expr] | tuple[Expr, ...]) -> Expr:
    """Return the product of all operands."""
    return reduce(mul, operands, integer(1))


def truediv(a: Operand, b: Operand) -> Expr:
    """Return `a / b`, a float; rounded once, as Python divides two integers."""
    return floats.binary("truediv", expression(a), expression(b))


def floordiv(a: Operand, b: Operand) -> Expr:
    """Return `a // b`, rounded towards minus infinity."""
    return _binary("floordiv", floordiv_integers, a, b)


def mod(a: Operand, b: Operand) -> Expr:
    """Return `a % b`, which has the sign of `b`."""
    return _binary("mod", mod_integers, a, b)


def pow_(a: Operand, b: Operand) -> Expr:
    """Return `a ** b`; of integers only where `b` is known not to be negative, else Python's result is a float."""
    a, b = expression(a), expression(b)
    if a.is_const and not b.is_const and copysign(1.0, a.value) < 0:
        # The text of a graph is `-2 ** n`, which is another number. The exponent is whole, or Python's result complex.
        return mul(pow_(neg(a), b), sub(1, mul(2, mod(b, 2))))
    if a.is_float or b.is_float or (b.is_const and b.value < 0):
        return floats.binary("pow", a, b)
    if b.is_const:
        if a.is_const:
            return integer(a.value**b.value)
        if b.value <= _LARGEST_POWER and (len(a.terms) == 1 or b.value <= 4):
            return prod([a] * b.value)
    if a.is_const and a.value == 1:
        return a
    return apply("pow", (a, b), is_float=False)


def min_(a: Operand, b: Operand) -> Expr:
    """Return the smaller of the two; a float if either is (as `torch.sym_min`)."""
    return extreme("min", expression(a), expression(b))


def max_(a: Operand, b: Operand) -> Expr:
    """Return the larger of the two; a float if either is (as `torch.sym_max`)."""
    return extreme("max", expression(a), expression(b))


def extreme(kind: str, a: Expr, b: Expr) -> Expr:
    """Return the `"min"` or `"max"` of the two."""
    if a.is_float or b.is_float:
        return floats.binary(kind, floats.to_float(a), floats.to_float(b))
    if kind not in (a.kind, b.kind):
        difference = constant_difference(a, b)
        if difference is not None:
            return a if (difference > 0) == (kind == "max") else b
        return apply(kind, (a, b) if a.fingerprint < b.fingerprint else (b, a), is_float=False)
    kept = list(a.args if a.kind == kind else (a,))
    for new in b.args if b.kind == kind else (b,):
        for index, old in enumerate(kept):
            difference = constant_difference(new, old)
            if difference is not None:
                if (difference > 0) == (kind == "max"):
                    kept[index] = new
                break
        else:
            kept.append(new)
    if len(kept) == 1:
        return kept[0]
    return apply(kind, tuple(sorted(kept, key=fingerprint_of)), is_float=False)


def abs_(a: Operand) -> Expr:
    """Return `abs(a)`."""
    a = expression(a)
    if a.is_float:
        return floats.unary("abs", a)
    if a.is_const:
        return integer(abs(a.value))
    opposite = neg(a)
    return apply("abs", (a if a.fingerprint < opposite.fingerprint else opposite,), is_float=False)


def gcd(a: Operand, b: Operand) -> Expr:
    """Return `math.gcd(a, b)`."""
    a, b = expression(a), expression(b)
    if a.is_float or b.is_float:
        raise TypeError("'float' object cannot be interpreted as an integer")
    if a.is_const and b.is_const:
        return integer(_gcd(a.value, b.value))
    for x, y in ((a, b), (b, a)):
        if x.is_const and abs(x.value) == 1:
            return integer(1)
        if x.is_const and x.value == 0:
            return abs_(y)
        if exact_quotient(y, x) is not None:
            return abs_(x)
    return apply("gcd", (a, b) if a.fingerprint < b.fingerprint else (b, a), is_float=False)


def integer_function(name: str, *operands: Operand) -> Expr:
    """Return `math.<name>(*operands)` of integers, as `isqrt` and `comb` are."""
    found = _integers(*operands)
    if all(each.is_const for each in found):
        return integer(PYTHON[name](*(each.value for each in found)))
    return apply(name, found, is_float=False)


def lshift(a: Operand, b: Operand) -> Expr:
    """Return `a << b`."""
    a, b = _integers(a, b)
    if b.is_const:
        return mul(a, 1 << b.value)
    return apply("lshift", (a, b), is_float=False)


def rshift(a: Operand, b: Operand) -> Expr:
    """Return `a >> b`."""
    a, b = _integers(a, b)
    if b.is_const:
        return floordiv(a, 1 << b.value)
    return apply("rshift", (a, b), is_float=False)


def bitand(a: Operand, b: Operand) -> Expr:
    """Return `a & b` of two integers."""
    a, b = _integers(a, b)
    for x, y in ((a, b), (b, a)):
        if y.is_const and y.value >= 0 and y.value & (y.value + 1) == 0:
            return mod(x, y.value + 1)  # y is a mask of ones: the remainder, also of a negative x
    return _bitwise("bitand", a, b, a.value & b.value if a.is_const and b.is_const else None)


def bitor(a: Operand, b: Operand) -> Expr:
    """Return `a | b` of two integers."""
    a, b = _integers(a, b)
    return _bitwise("bitor", a, b, a.value | b.value if a.is_const and b.is_const else None)


def bitxor(a: Operand, b: Operand) -> Expr:
    """Return `a ^ b` of two integers."""
    a, b = _integers(a, b)
    return _bitwise("bitxor", a, b, a.value ^ b.value if a.is_const and b.is_const else None)


def invert(a: Operand) -> Expr:
    """Return `~a`."""
    (a,) = _integers(a)
    return sub(-1, a)


def _bitwise(kind: str, a: Expr, b: Expr, folded: int | None) -> Expr:
    if folded is not None:
        return integer(folded)
    if a is b:
        return integer(0) if kind == "bitxor" else a
    return apply(kind, (a, b) if a.fingerprint < b.fingerprint else (b, a), is_float=False)


def _integers(*operands: Operand) -> tuple[Expr, ...]:
    found = tuple(map(expression, operands))
    if any(e.is_float for e in found):
        raise TypeError("'float' object cannot be interpreted as an integer")
    return found
