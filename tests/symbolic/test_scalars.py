"""Symbols of floats and truth values: what is never concluded of them, and what Python raises."""

from __future__ import annotations

import math

import pytest

from fullgraph.symbolic import (
    Scope,
    and_,
    eq,
    evaluate,
    expr_of,
    ge,
    if_else,
    le,
    lower,
    lt,
    mul,
    ne,
    not_,
    parse,
    render,
    same_value,
    scalar_of,
    scalar_symbol,
    sort_of,
    symbol,
    to_float,
    to_python,
    truncate,
)
from tests.symbolic.support import Recorded, methods_in_place

S, B, N = scalar_symbol("s", float), scalar_symbol("b", bool), symbol("n")
FLAG = scalar_of(B)


def test_symbols_of_one_name_differ_by_sort():
    assert len({scalar_symbol("s", sort) for sort in (int, float, bool)}) == 3
    assert [sort_of(e) for e in (S, B, N, to_float(N))] == [float, bool, int, float]
    with pytest.raises(TypeError):
        scalar_symbol("s", str)


def test_nothing_is_concluded_that_nan_breaks():
    scope = Scope(Recorded())
    scope.declare("s", sort=float)
    for question in (eq(S, S), le(S, S), lt(S, S), not_(lt(S, 1.0)), le(S, math.inf)):
        assert scope.decide(question) is None
    assert not_(lt(S, 1.0)) is not ge(S, 1.0)
    scope.assume(not_(lt(S, 1.0)))
    assert scope.decide(ge(S, 1.0)) is None
    assert scope.decide(lt(S, 1.0)) is False


@pytest.mark.parametrize("value", [0.0, -0.0, math.nan, math.inf, 2.5])
def test_the_same_value(value: float):
    for other in (0.0, -0.0, math.nan, math.inf, 2.5):
        assert evaluate(same_value(S, value), {S: other}) is (value.hex() == other.hex())


def test_a_truth_value_has_two_questions():
    assert eq(B, 1) is ne(B, 0) is ge(B, 1) is FLAG
    assert eq(B, 0) is ne(B, 1) is le(B, 0) is not_(FLAG)
    assert if_else(FLAG, 1, 0) is B
    assert eq(B, 2).value is False
    assert (render(FLAG), render(not_(FLAG)), render(and_(FLAG, eq(N, 3)))) == ("b", "not b", "b and n == 3")
    assert lower(not_(FLAG))[1] == (FLAG,)
    scope = Scope(Recorded())
    scope.declare("b", sort=bool)
    scope.assume(FLAG)
    assert scope.decide(not_(FLAG)) is False
    assert scope.simplify(mul(B, 3)).value == 3


def test_an_integer_is_compared_with_a_float_as_it_is():
    scope = Scope(Recorded())
    n, s = scope.declare("n", lo=-(2**70)), scope.declare("s", sort=float)
    with methods_in_place():
        found = expr_of(to_python(n, scope) < to_python(s, scope))
        assert evaluate(found, {n: 2**53, s: 2.0**53}) is False
        assert evaluate(expr_of(to_python(n, scope) > 2.0**53), {n: 2**53 + 1}) is True


def test_truncating_asks_for_a_finite_float():
    asked = Recorded()
    scope = Scope(asked)
    scope.declare("s", sort=float, hint=2.7)
    assert evaluate(truncate(S, scope), {S: -2.7}) == -2
    (question,) = asked.asked
    assert [evaluate(question, {S: v}) for v in (1.5, math.inf, math.nan)] == [True, False, False]
    assert truncate(FLAG, scope) is B


def test_text_reads_back():
    for fact in (lt(S, 0.5), lt(0.5, S), same_value(S, -0.0), not_(eq(S, S))):
        assert parse(render(fact), lambda name: scalar_symbol(name, float)) is fact
