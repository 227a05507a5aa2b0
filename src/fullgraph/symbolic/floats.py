"""Floats computed from sizes: `s0 / 2`, `s0 * 0.5`, `math.sqrt(s0)`, and rounding them back to integers.

Floating-point arithmetic has none of the laws that `arithmetic` relies on, so these expressions are kept
exactly as the program wrote them, operand by operand, and two of them are the same only if they were computed
the same way. Constants are folded with Python's own functions (and raise what Python raises).
"""

from __future__ import annotations

from fullgraph.symbolic.expr import Expr, Operand, apply, expression, floating, integer
from fullgraph.symbolic.operations import FLOAT_FUNCTIONS, MATH_FUNCTIONS, PYTHON, ROUNDINGS

_FUNCTIONS = (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS)


def binary(kind: str, a: Expr, b: Expr) -> Expr:
    """Return the float `kind(a, b)`."""
    if a.is_const and b.is_const:
        return expression(PYTHON[kind](a.value, b.value))
    if b.is_const and b.value == 0 and kind in ("truediv", "floordiv", "mod"):
        raise ZeroDivisionError("division by zero")
    return apply(kind, (a, b), is_float=True)


def unary(kind: str, a: Expr) -> Expr:
    """Return the float `kind(a)`."""
    if a.is_const:
        return floating(float(PYTHON[kind](a.value)))
    return apply(kind, (a,), is_float=True)


def of_floats(name: str, *operands: Operand) -> Expr:
    """Return `math.<name>(*operands)` of floats; integers become floats first, as for Python's function."""
    found = tuple(map(to_float, operands))
    if all(each.is_const for each in found):
        return floating(PYTHON[name](*(each.value for each in found)))
    return apply(name, found, is_float=True)


def to_float(a: Operand) -> Expr:
    """Return `float(a)`."""
    a = expression(a)
    return a if a.is_float else unary("to_float", a)


def math_function(name: str, a: Operand) -> Expr:
    """Return `math.<name>(a)`."""
    if name not in _FUNCTIONS:
        raise ValueError(f"math.{name} of a size is not supported; supported are {', '.join(_FUNCTIONS)}")
    # Of an integer too large for a float there is still a logarithm.
    return unary(name, expression(a) if name in ("log", "log10") else to_float(a))


def to_integer(rounding: str, a: Operand) -> Expr:
    """Return the integer `floor(a)`, `ceil(a)`, `trunc(a)` or `round(a)`; halves go to even, as in Python."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"{rounding} is not one of {', '.join(ROUNDINGS)}")
    a = expression(a)
    if not a.is_float:
        return a
    if a.is_const:
        return integer(PYTHON[rounding](a.value))
    return apply(rounding, (a,), is_float=False)


def round_digits(a: Operand, digits: int) -> Expr:
    """Return `round(a, digits)`: a float of a float, an integer of an integer."""
    a = expression(a)
    if not a.is_float and digits >= 0:
        return a
    if a.is_const:
        return expression(round(a.value, digits))
    return apply("round_digits", (a, integer(digits)), is_float=a.is_float)
