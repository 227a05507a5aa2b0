"""Symbols that stand for Python's three kinds of number: `int`, `float` and `bool`.

A size is always an integer. A scalar that a program is given, or reads out of a tensor, may also be a float or a
truth value:

* The symbol of a *float* ranges over every float, nan and both infinities and -0.0 included. So nothing is ever
  derived for it that nan would break, and there is no range for it.
* The symbol of a *truth value* is the integer 0 or 1, as in Python; the truth value itself is the condition
  `truth_of(symbol)`, that the integer is 1. All that is known of integers answers questions about it.

Symbols of different sorts are different symbols, though they may have the same name.
"""

from __future__ import annotations

import math

from fullgraph.symbolic.boolean import Bool, and_, eq, if_else, lt, not_
from fullgraph.symbolic.expr import Expr, floating, integer, symbol
from fullgraph.symbolic.floats import binary, unary
from fullgraph.symbolic.interning import parts_of

# What a symbol's second argument says of it; sizes and other integers have none.
_SORTS: dict[str, type] = {"float": float, "bool": bool}


def sort_of(what: Expr) -> type:
    """Return the Python type of the values that a symbol stands for: `int`, `float` or `bool`."""
    if what.kind == "symbol" and len(what.args) > 1:
        return _SORTS[what.args[1]]
    return float if what.is_float else int


def scalar_symbol(name: str, sort: type) -> Expr:
    """Return the symbol with this name for values of type `int`, `float` or `bool`.

    Raises:
        TypeError: symbols stand for no other type.
    """
    if sort is int:
        return symbol(name)
    if sort not in (float, bool):
        raise TypeError(f"a symbol stands for an int, a float or a bool, not for a {sort.__name__}")
    return symbol(name, sort.__name__)


def scalar_of(symbol: Expr) -> Expr | Bool:
    """Return what Python gets for a symbol: the condition for that of a truth value, the symbol itself for others."""
    return eq(symbol, 1) if sort_of(symbol) is bool else symbol


def as_number(what: Expr | Bool) -> Expr:
    """Return a condition as the integer 1 or 0, as Python's arithmetic takes it; numbers stay as they are."""
    return if_else(what, integer(1), integer(0)) if isinstance(what, Bool) else what


def constants_in(what: Expr | Bool) -> frozenset[int | float]:
    """Return the numbers that occur in `what` as operands; factors of integer terms are none."""
    return frozenset(part.args[0] for part in parts_of(what) if part.kind == "constant")


def numbers_in(what: Expr | Bool) -> frozenset[int | float]:
    """Return all numbers that occur in `what`, factors and summands of integers too."""
    polynomials = [part for part in parts_of(what) if isinstance(part, Expr) and part.kind == "polynomial"]
    return constants_in(what).union(*(part.terms.values() for part in polynomials))


def is_finite(what: Expr) -> Bool:
    """Return the condition that a float is neither infinite nor nan."""
    return lt(unary("abs", what), math.inf)


def is_infinite(what: Expr) -> Bool:
    """Return the condition that a float is one of the two infinities."""
    return eq(unary("abs", what), math.inf)


def same_value(what: Expr, value: float) -> Bool:
    """Return the condition that `what` is exactly this value: 0.0 and -0.0 differ, and nan is nan."""
    if not what.is_float or not isinstance(value, float):
        return eq(what, value)
    if math.isnan(value):
        return not_(eq(what, what))
    if value == 0:
        sign = math.copysign(1.0, value)
        return and_(eq(what, value), eq(binary("copysign", floating(1.0), what), sign))
    return eq(what, value)
