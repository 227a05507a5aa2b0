"""Ranges hold every value, and are as narrow as interval arithmetic allows where it matters."""

import itertools
import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import Range, Scope, evaluate, parse, ranges, symbol
from tests.symbolic.strategies import SYMBOLS, Program, floats, integers, outcome
from tests.symbolic.support import NobodyAsked

INTERVALS = [Range(lo, hi) for lo, hi in itertools.combinations_with_replacement((-3, -1, 0, 1, 2, 4), 2)]

BINARY = {
    "add": (ranges.add, operator.add),
    "mul": (ranges.mul, operator.mul),
    "floordiv": (ranges.floordiv, operator.floordiv),
    "mod": (ranges.mod, operator.mod),
    "min": (ranges.minimum, min),
    "max": (ranges.maximum, max),
    "pow": (ranges.power, lambda a, b: a**b if b >= 0 else None),
    "bitand": (ranges.INTEGERS["bitand"], operator.and_),
    "bitor": (ranges.INTEGERS["bitor"], operator.or_),
    "bitxor": (ranges.INTEGERS["bitxor"], operator.xor),
    "gcd": (ranges.INTEGERS["gcd"], math.gcd),
}


def values(interval: Range) -> range:
    """Every integer in a finite range."""
    return range(int(interval.lo), int(interval.hi) + 1)


@pytest.mark.parametrize("name", sorted(BINARY))
def test_every_result_is_inside(name: str):
    """The range of a result holds the result for every pair of operands."""
    of_ranges, of_values = BINARY[name]
    for a, b in itertools.product(INTERVALS, repeat=2):
        found = of_ranges(a, b)
        for x, y in itertools.product(values(a), values(b)):
            result = outcome(lambda x=x, y=y: of_values(x, y))
            assert not isinstance(result, int) or result in found


@pytest.mark.parametrize("name", ["add", "mul", "min", "max"])
def test_bounds_are_reached(name: str):
    """Where interval arithmetic is exact, both bounds are values."""
    of_ranges, of_values = BINARY[name]
    for a, b in itertools.product(INTERVALS, repeat=2):
        results = [of_values(x, y) for x, y in itertools.product(values(a), values(b))]

        assert of_ranges(a, b) == Range(min(results), max(results))


def test_squares_are_not_negative():
    """`x * x` is known not to be negative, though x may be."""
    for a in INTERVALS:
        squares = [x * x for x in values(a)]

        assert all(s in ranges.square(a) for s in squares)
        assert ranges.square(a).lo >= 0


@given(integers() | floats(), st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 3))
def test_ranges_of_expressions(program: Program, limits: tuple[tuple[int, int], ...]):
    """The range of an expression holds its value for all values in the symbols' ranges."""
    scope = Scope(NobodyAsked())
    for s, (lo, width) in zip(SYMBOLS, limits, strict=True):
        scope.declare(s.name, lo=lo, hi=lo + width)
    found = scope.range_of(program.expr)
    for chosen in itertools.product(*(range(lo, lo + width + 1) for lo, width in limits)):
        result = outcome(lambda chosen=chosen: program.python(dict(zip(SYMBOLS, chosen, strict=True))))
        if isinstance(result, (int, float)) and not math.isnan(result):
            assert result in found


def test_unbounded():
    """No bound is no bound: nothing overflows, and huge numbers stay sound."""
    scope = Scope(NobodyAsked())
    for name in ("s0", "s1"):
        scope.declare(name)

    assert str(scope.range_of(parse("s0*s1 + 1"))) == "[1, oo]"
    assert str(scope.range_of(parse("s0 - s1"))) == "[-oo, oo]"
    assert 10**500 in scope.range_of(parse("s0 * 10**400"))
    assert scope.range_of(parse("s0 + 10**400")).hi == math.inf
    assert scope.range_of(parse("2**s0")).lo >= 0
    assert evaluate(parse("s0 * 10**400"), {symbol("s0"): 2}) == 2 * 10**400


def test_nan_has_no_range():
    """A float that may be nan is compared with nothing."""
    scope = Scope(NobodyAsked())
    for name in ("s0", "s1"):
        scope.declare(name)

    assert scope.decide(parse("s0 / s1 >= 0")) is None
    assert scope.decide(parse("float(s0)*1e308*10 - float(s1)*1e308*10 <= 0.5")) is None
    assert scope.decide(parse("s0 / 2 >= 0")) is True
