"""Floats that are whole numbers: `windows / (h * w / 4 / 4)` where the numbers of pixels divide exactly.

Float64 holds every integer up to 2**53, and every operation on floats gives the float nearest to the exact result. So a
size becomes a float without loss; multiplied or divided by a power of two it loses nothing either; and one quotient of
two such numbers is exact when the exact quotient is an integer. As long as no integer on the way is larger, the float
*is* the integer, and rounding it gives the integer. That none is larger is for the caller to check.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fullgraph.symbolic.arithmetic import mul
from fullgraph.symbolic.division import exact_quotient
from fullgraph.symbolic.expr import Expr, integer

LARGEST = 2**53


class Whole(NamedTuple):
    """A float that is an integer, as long as other integers are at most `LARGEST`, of either sign."""

    value: Expr
    small: tuple[Expr, ...]


class _Scaled(NamedTuple):
    """`number * 2**power`, exactly, while the number is small."""

    number: Expr
    power: int


def whole(a: Expr) -> Whole | None:
    """Return the integer that a quotient is, or None if it is not known to be one.

    Of anything else the float itself is as good, and asks for nothing.
    """
    if a.kind != "truediv":
        return None
    top, bottom = map(_scaled, a.args)
    if top is None or bottom is None or top.number.kind != "polynomial":
        return None
    shift = top.power - bottom.power
    above = mul(top.number, 2 ** max(shift, 0))
    below = mul(bottom.number, 2 ** max(-shift, 0))
    if below.is_const and below.value == 0:
        return None
    found = above if below.is_const and below.value == 1 else exact_quotient(above, below)
    if found is None:
        return None
    # A quotient by an integer is no larger than what is divided, nor is a factor of that.
    larger = () if shift <= 0 or exact_quotient(top.number, found) is not None else (found,)
    return Whole(found, tuple(dict.fromkeys((top.number, bottom.number, *larger))))


def _scaled(a: Expr) -> _Scaled | None:
    if a.is_const:
        return _constant(a.value)
    if not a.is_float:
        return _Scaled(a, 0)
    if a.kind == "to_float":
        return _Scaled(a.args[0], 0)
    if a.kind not in ("truediv", "mul"):
        return None
    first, second = map(_scaled, a.args)
    if first is None or second is None:
        return None
    if a.kind == "mul" and _is_one(first.number):
        first, second = second, first
    if not _is_one(second.number):
        return None
    return _Scaled(first.number, first.power + (second.power if a.kind == "mul" else -second.power))


def _is_one(a: Expr) -> bool:
    return a.is_const and a.value == 1


def _constant(value: float) -> _Scaled | None:
    """Split a number as 3 * 2**-2; a power of two is 1 times itself."""
    if not math.isfinite(value) or value == 0:
        return None
    numerator, denominator = value.as_integer_ratio()
    power = (numerator & -numerator).bit_length() - 1
    return _Scaled(integer(numerator >> power), power - (denominator.bit_length() - 1))
