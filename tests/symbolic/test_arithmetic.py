"""Canonical results of the operations on integers and floats."""

import math

import pytest
from hypothesis import given

from fullgraph.symbolic import (
    Expr,
    abs_,
    add,
    bitand,
    bitor,
    bitxor,
    evaluate,
    floordiv,
    gcd,
    integer,
    invert,
    lshift,
    math_function,
    max_,
    min_,
    mod,
    mul,
    neg,
    pow_,
    prod,
    round_digits,
    rshift,
    sub,
    symbol,
    to_float,
    to_integer,
    truediv,
)
from tests.symbolic.strategies import Program, assignments, floats, outcome

A, B, C = map(symbol, ("s0", "s1", "s2"))


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        (floordiv(mul(2, A), 2), A),
        (floordiv(add(mul(4, A), 2), 2), add(mul(2, A), 1)),
        (floordiv(add(mul(2, A), 1), 2), A),
        (floordiv(add(mul(4, A), 2), 8), floordiv(A, 2)),
        (floordiv(A, 1), A),
        (floordiv(A, -1), neg(A)),
        (floordiv(floordiv(A, 2), 3), floordiv(A, 6)),
        (floordiv(add(floordiv(A, 2), 1), 3), floordiv(add(A, 2), 6)),
        (floordiv(mod(A, 4), 4), integer(0)),
        (floordiv(mul(A, B), B), A),
        (floordiv(add(mul(A, B), B), B), add(A, 1)),
        (floordiv(mul(mul(A, 4), add(B, 1)), add(B, 1)), mul(A, 4)),
        (floordiv(mul(A, B), mul(A, C)), floordiv(B, C)),
        (floordiv(add(mul(A, B), C), B), add(A, floordiv(C, B))),
        (mod(mul(A, 6), 3), integer(0)),
        (mod(add(mul(A, 6), 4), 3), integer(1)),
        (mod(A, 1), integer(0)),
        (mod(mod(A, 8), 4), mod(A, 4)),
        (mod(mod(A, 4), 8), mod(A, 4)),
        (mod(mul(2, A), 4), mul(2, mod(A, 2))),
        (mod(add(mul(4, A), 2), 8), add(mul(4, mod(A, 2)), 2)),
        (mod(mul(A, B), B), integer(0)),
        (mod(add(A, 8), 8), mod(A, 8)),
        (max_(A, A), A),
        (max_(A, add(A, 1)), add(A, 1)),
        (min_(A, add(A, 1)), A),
        (max_(A, max_(B, A)), max_(B, A)),
        (abs_(neg(A)), abs_(A)),
        (gcd(mul(2, A), 2), integer(2)),
        (gcd(A, 0), abs_(A)),
        (gcd(A, 1), integer(1)),
        (lshift(A, 3), mul(8, A)),
        (rshift(A, 3), floordiv(A, 8)),
        (bitand(A, 7), mod(A, 8)),
        (bitxor(A, A), integer(0)),
        (bitor(A, A), A),
        (invert(invert(A)), A),
        (pow_(A, 3), prod([A, A, A])),
        (pow_(A, 0), integer(1)),
    ],
)
def test_canonical(computed: Expr, expected: Expr):
    """Equal sizes are the same object, also through divisions."""
    assert computed is expected


@pytest.mark.parametrize(("k", "j"), [(k, j) for k in (-7, -3, -2, 2, 3, 8) for j in (-4, -1, 1, 2, 6)])
def test_division_by_constants(k: int, j: int):
    """Quotient and remainder are Python's for divisors and numbers of both signs."""
    quotient, remainder = floordiv(add(mul(j, A), 5), k), mod(add(mul(j, A), 5), k)
    for n in range(-20, 21):
        assert evaluate(quotient, {A: n}) == (j * n + 5) // k
        assert evaluate(remainder, {A: n}) == (j * n + 5) % k


def test_dividing_by_zero_raises():
    """A constant divisor of 0 raises what Python raises."""
    for operation in (floordiv, mod, truediv):
        with pytest.raises(ZeroDivisionError):
            operation(A, 0)


@given(floats())
def test_floats_are_pythons(program: Program):
    """A float has exactly Python's value, to the last bit."""
    for values in assignments((0, 1, 2, 7)):
        expected = outcome(lambda: program.python(values))

        if isinstance(expected, float):
            result = evaluate(program.expr, values)
            assert isinstance(result, float)
            assert result == expected or (math.isnan(result) and math.isnan(expected))


@pytest.mark.parametrize("rounding", ["floor", "ceil", "trunc", "round"])
def test_rounding(rounding: str):
    """Rounding a half goes to the even number, as in Python, for negative numbers too."""
    function = {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round}[rounding]
    for divisor in (2, 4, -2):
        rounded = to_integer(rounding, truediv(A, divisor))
        for n in range(-12, 13):
            assert evaluate(rounded, {A: n}) == function(n / divisor)


def test_rounding_to_digits():
    """`round(x, n)` is Python's for floats and for integers, where negative digits matter."""
    rounded, tens = round_digits(truediv(A, 7), 2), round_digits(A, -1)

    assert round_digits(A, 1) is A
    for n in range(40):
        assert evaluate(rounded, {A: n}) == round(n / 7, 2)
        assert evaluate(tens, {A: n}) == round(n, -1)


def test_huge_sizes_stay_exact():
    """Division of integers is rounded once, as Python does, and integers never pass through a float."""
    huge = 2**60 + 1

    assert evaluate(truediv(A, 3), {A: huge}) == huge / 3
    assert evaluate(floordiv(A, 3), {A: huge}) == huge // 3
    assert evaluate(add(mul(A, A), 1), {A: huge}) == huge * huge + 1


def test_functions_of_floats():
    """Python's functions are computed by Python; others are refused by name."""
    assert evaluate(math_function("sqrt", A), {A: 2}) == math.sqrt(2)
    assert evaluate(math_function("log2", A), {A: 3}) == math.log2(3)
    assert math_function("sqrt", 4).value == 2.0
    with pytest.raises(ValueError, match=r"math\.gamma"):
        math_function("gamma", A)


def test_float_laws_are_not_assumed():
    """(x + 0.1) - 0.1 isn't x in floating point, so it isn't simplified."""
    x = to_float(A)

    assert sub(add(x, 0.1), 0.1) is not x
    assert sub(x, x) is not to_float(0)
