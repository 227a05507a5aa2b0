"""Floats that are integers, and what has to be small for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import evaluate, mul, sub, symbol, to_float, to_integer, truediv
from fullgraph.symbolic.exact_floats import LARGEST, whole

A, B, C = map(symbol, "abc")
ROUNDINGS = ("trunc", "floor", "ceil", "round")
EXACT = {
    "windows of an image": truediv(mul(mul(A, B), 16), truediv(truediv(to_float(mul(B, 16)), 4), 4)),
    "divided by a float": truediv(mul(A, 4), 4.0),
    "integers": truediv(mul(A, 6), 3),
    "twice": truediv(truediv(mul(A, 6), 2), 3),
    "a negative divisor": truediv(to_float(sub(A, B)), -1.0),
    "products": truediv(mul(mul(A, B), C), mul(B, C)),
    "multiplied": truediv(mul(to_float(mul(A, 3)), 0.5), to_float(mul(A, 3))),
}
SIZES = st.one_of(st.integers(1, 20), st.integers(2**24, 2**31), st.integers(2**50, 2**62))


@pytest.mark.parametrize("name", EXACT)
@given(a=SIZES, b=SIZES, c=SIZES)
def test_a_whole_quotient_is_the_integer_while_all_is_small(name, a, b, c):
    quotient, sizes = EXACT[name], {A: a, B: b, C: c}
    found = whole(quotient)
    if name == "multiplied":
        assert found is None  # it is a half
        return
    assert found is not None
    if all(abs(evaluate(each, sizes)) <= LARGEST for each in found.small):
        expected = evaluate(found.value, sizes)
        assert [evaluate(to_integer(how, quotient), sizes) for how in ROUNDINGS] == [expected] * 4


@pytest.mark.parametrize(
    "other",
    [truediv(A, 2), truediv(mul(A, 2), B), to_float(A), truediv(A, 1), truediv(to_float(mul(A, 2)), 0.3)],
)
def test_nothing_else_is_known_to_be_whole(other):
    assert whole(other) is None
