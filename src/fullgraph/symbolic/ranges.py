"""Interval arithmetic: from the ranges of the operands to a range that holds every possible result.

Bounds of integers are integers or infinite. A bound that cannot be computed is infinite, never guessed: a
range may be too wide, never too narrow. For floats the bounds are computed with the same floating-point
operation as the value, which is sound because rounding is monotone; `None` stands for a float that might be
nan.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeAlias

Bound: TypeAlias = int | float
# Beyond this a finite bound says nothing about a size, and would overflow when it meets a float.
_HUGE = 2**1000
# Powers are computed up to this exponent.
_LARGEST_EXPONENT = 64


class Range(NamedTuple):
    """A closed interval; `-math.inf` and `math.inf` stand for no bound.

    A tuple, because ranges are made by the thousand and that is the cheapest immutable object Python has.

    Attributes:
        lo: the smallest possible value.
        hi: the largest possible value.
    """

    lo: Bound = -math.inf
    hi: Bound = math.inf

    @property
    def is_point(self) -> bool:
        """Whether a single value is left."""
        return self.lo == self.hi

    @property
    def is_empty(self) -> bool:
        """Whether no value is left: the facts contradict each other."""
        return self.lo > self.hi

    @property
    def is_finite(self) -> bool:
        """Whether both bounds are known."""
        return self.lo > -math.inf and self.hi < math.inf

    def __contains__(self, value: object) -> bool:
        return self.lo <= value <= self.hi  # type: ignore[operator]

    def __and__(self, other: Range) -> Range:
        if other is ANY or (other.lo <= self.lo and self.hi <= other.hi):
            return self
        return Range(max(self.lo, other.lo), min(self.hi, other.hi))

    def __str__(self) -> str:
        lo = "-oo" if self.lo == -math.inf else self.lo
        hi = "oo" if self.hi == math.inf else self.hi
        return f"[{lo}, {hi}]"


# As Range(lo, hi), at half the cost.
_new: Callable[[tuple[Bound, Bound]], Range] = partial(tuple.__new__, Range)

ANY = Range()
NON_NEGATIVE = Range(0, math.inf)


def point(value: Bound) -> Range:
    """Return the range of a constant."""
    return _range(value, value)


def _range(lo: Bound, hi: Bound) -> Range:
    if type(lo) is int and not -_HUGE < lo < _HUGE:
        lo = -math.inf if lo < 0 else _HUGE
    if type(hi) is int and not -_HUGE < hi < _HUGE:
        hi = math.inf if hi > 0 else -_HUGE
    return _new((lo, hi))


def _times(a: Bound, b: Bound) -> Bound:
    # 0 * inf is nan in floats; as a bound of products it is 0.
    return 0 if a == 0 or b == 0 else a * b


def add(a: Range, b: Range) -> Range:
    """Return the range of `x + y`."""
    return _range(a.lo + b.lo, a.hi + b.hi)


def total(parts: Iterable[tuple[int, Range]]) -> Range:
    """Return the range of a sum of `k * x`."""
    lo: Bound = 0
    hi: Bound = 0
    try:
        for k, a in parts:
            low, high = (a.lo, a.hi) if k > 0 else (a.hi, a.lo)
            lo += k * low
            hi += k * high
    except OverflowError:
        return ANY
    return _range(lo, hi)


def scale(a: Range, k: int) -> Range:
    """Return the range of `k * x`."""
    lo, hi = _times(a.lo, k), _times(a.hi, k)
    return _range(lo, hi) if k >= 0 else _range(hi, lo)


def mul(a: Range, b: Range) -> Range:
    """Return the range of `x * y`."""
    if a.lo >= 0 and b.lo >= 0:
        return _range(_times(a.lo, b.lo), _times(a.hi, b.hi))
    corners = [_times(x, y) for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _range(min(corners), max(corners))


def square(a: Range) -> Range:
    """Return the range of `x * x`, which is never negative."""
    product = mul(a, a)
    return Range(0, product.hi) if 0 in a else Range(max(product.lo, 0), product.hi)


def floordiv(a: Range, b: Range) -> Range:
    """Return the range of `x // y`; values with y == 0 have no result and do not count."""
    if b.lo <= 0 <= b.hi:
        sides = [Range(b.lo, -1)] if b.lo < 0 else []
        sides += [Range(1, b.hi)] if b.hi > 0 else []
        results = [floordiv(a, side) for side in sides]
        return Range(min(r.lo for r in results), max(r.hi for r in results)) if results else ANY
    if b.lo == b.hi > 0:
        return _range(_floordiv(a.lo, b.lo), _floordiv(a.hi, b.lo))
    # Monotone in x, and for x of one sign in y; at x == 0 the result is 0, between the corners of both signs.
    corners = [_floordiv(x, y) for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _range(min(corners), max(corners))


def _floordiv(x: Bound, y: Bound) -> Bound:
    if math.isinf(x):
        return x if y > 0 else -x
    if math.isinf(y):
        # Tends to 0 from above, or stays at -1 from below.
        return 0 if x == 0 or (x > 0) == (y > 0) else -1
    return x // y


def mod(a: Range, b: Range) -> Range:
    """Return the range of `x % y`, which has the sign of y."""
    if b.is_point and a.is_finite and b.lo != 0 and a.lo // b.lo == a.hi // b.lo:
        shift = a.lo // b.lo * b.lo
        return Range(a.lo - shift, a.hi - shift)
    if a.lo >= 0 and a.hi < b.lo:
        return a
    lo: Bound = min(b.lo + 1, 0)
    hi: Bound = max(b.hi - 1, 0)
    if a.lo >= 0 and b.lo >= 0:
        hi = min(hi, a.hi)
    return Range(lo, hi)


def minimum(a: Range, b: Range) -> Range:
    """Return the range of `min(x, y)`."""
    return Range(min(a.lo, b.lo), min(a.hi, b.hi))


def maximum(a: Range, b: Range) -> Range:
    """Return the range of `max(x, y)`."""
    return Range(max(a.lo, b.lo), max(a.hi, b.hi))


def hull(a: Range, b: Range) -> Range:
    """Return the smallest range that holds both."""
    return Range(min(a.lo, b.lo), max(a.hi, b.hi))


def absolute(a: Range) -> Range:
    """Return the range of `abs(x)`."""
    if 0 in a:
        return Range(0, max(-a.lo, a.hi))
    return a if a.lo > 0 else Range(-a.hi, -a.lo)


def common_divisor(a: Range, b: Range) -> Range:
    """Return the range of `math.gcd(x, y)`, which is 0 only if both are, and divides each that is not."""
    hi: Bound = min((max(-r.lo, r.hi) for r in (a, b) if 0 not in r), default=math.inf)
    return Range(0 if 0 in a and 0 in b else 1, hi)


def power(a: Range, b: Range) -> Range:
    """Return the range of the integer `x ** y`, y >= 0."""
    if a.lo < 0 or b.lo < 0:
        return ANY
    lo: Bound = 0
    if a.lo >= 1:
        lo = a.lo ** min(b.lo, _LARGEST_EXPONENT) if a.lo < math.inf else math.inf
    hi: Bound = math.inf
    if a.hi <= 1:
        hi = 1
    elif a.hi < math.inf and b.hi <= _LARGEST_EXPONENT:
        hi = a.hi**b.hi
    return _range(lo, hi)


def _float_sum(a: Range, b: Range) -> Range | None:
    if (a.hi == math.inf and b.lo == -math.inf) or (a.lo == -math.inf and b.hi == math.inf):
        return None
    return _computed(operator.add, a, b)


def _float_product(a: Range, b: Range) -> Range | None:
    if (0 in a and not b.is_finite) or (0 in b and not a.is_finite):
        return None
    return _computed(operator.mul, a, b)


def _float_quotient(a: Range, b: Range) -> Range | None:
    if 0 in b or not (a.is_finite or b.is_finite):
        return None
    return _computed(operator.truediv, a, b)


def _computed(function: Callable[[Bound, Bound], Bound], a: Range, b: Range) -> Range | None:
    try:
        corners = [float(function(x, y)) for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    except OverflowError:
        return None
    return None if any(map(math.isnan, corners)) else Range(min(corners), max(corners))


def _rounded(function: Callable[[float], int]) -> Callable[[Range], Range]:
    def rounded(a: Range) -> Range:
        return Range(*(bound if math.isinf(bound) else function(bound) for bound in (a.lo, a.hi)))

    return rounded


def _square_root(a: Range) -> Range | None:
    return Range(math.sqrt(a.lo), math.inf if math.isinf(a.hi) else math.sqrt(a.hi)) if a.lo >= 0 else None


def _negated(a: Range) -> Range:
    return Range(-a.hi, -a.lo)


# Kinds that are not listed may have any value.
INTEGERS: dict[str, Callable[..., Range]] = {
    "floordiv": floordiv,
    "mod": mod,
    "min": minimum,
    "max": maximum,
    "product": mul,
    "abs": absolute,
    "pow": power,
    "gcd": common_divisor,
    "rshift": lambda a, b: Range(0, a.hi) if a.lo >= 0 else ANY,
    "bitand": lambda a, b: Range(0, min(a.hi, b.hi)) if a.lo >= 0 and b.lo >= 0 else ANY,
    "bitor": lambda a, b: Range(max(a.lo, b.lo), math.inf) if a.lo >= 0 and b.lo >= 0 else ANY,
    "bitxor": lambda a, b: NON_NEGATIVE if a.lo >= 0 and b.lo >= 0 else ANY,
    "lshift": lambda a, b: Range(a.lo, math.inf) if a.lo >= 0 else ANY,
    "isqrt": lambda a: (
        Range(*(b if math.isinf(b) else math.isqrt(int(b)) for b in a)) if a.lo >= 0 else NON_NEGATIVE
    ),
    "comb": lambda a, b: NON_NEGATIVE,
    "perm": lambda a, b: NON_NEGATIVE,
    "factorial": lambda a: Range(1, math.inf),
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    "trunc": _rounded(math.trunc),
    "round": _rounded(round),
}
FLOATS: dict[str, Callable[..., Range | None]] = {
    "to_float": lambda a: _computed(operator.add, a, point(0.0)),
    "add": _float_sum,
    "sub": lambda a, b: _float_sum(a, _negated(b)),
    "mul": _float_product,
    "truediv": _float_quotient,
    "neg": _negated,
    "abs": absolute,
    "min": minimum,
    "max": maximum,
    "sqrt": _square_root,
}
