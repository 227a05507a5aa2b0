"""Conditions: the same question is the same object, and means what Python means."""

import math

import pytest
from hypothesis import given

from fullgraph.symbolic import (
    Bool,
    add,
    and_,
    eq,
    evaluate,
    false,
    floordiv,
    ge,
    gt,
    if_else,
    integer,
    le,
    lt,
    mul,
    ne,
    not_,
    or_,
    sub,
    symbol,
    to_float,
    true,
    truediv,
    truth,
)
from tests.symbolic.strategies import Program, assignments, conditions, outcome

A, B = symbol("s0"), symbol("s1")


@given(conditions())
def test_value_is_pythons(program: Program):
    """A condition is true exactly where Python says so."""
    for values in assignments((0, 1, 2, 6)):
        expected = outcome(lambda: program.python(values))

        if isinstance(expected, bool):
            assert evaluate(program.expr, values) is expected


@given(conditions(2))
def test_negation(program: Program):
    """A condition and its negation exclude each other and leave nothing out."""
    negated = not_(program.expr)

    assert not_(negated) is program.expr
    assert and_(program.expr, negated) is false
    assert or_(program.expr, negated) is true


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lt(A, B), gt(B, A)),
        (lt(A, B), le(add(A, 1), B)),
        (not_(lt(A, B)), ge(A, B)),
        (eq(A, B), eq(B, A)),
        (eq(mul(2, A), mul(2, B)), eq(A, B)),
        (ne(A, B), not_(eq(B, A))),
        (le(mul(2, A), 5), le(A, 2)),
        (le(mul(-2, A), -5), ge(A, 3)),
        (lt(A, 2.5), le(A, 2)),
        (gt(to_float(A), 2.5), ge(A, 3)),
        (le(A, 2.0), le(A, 2)),
        (eq(to_float(A), 2.0), eq(A, 2)),
        (eq(A, A), true),
        (eq(A, add(A, 1)), false),
        (eq(mul(2, A), 5), false),
        (eq(to_float(A), 0.5), false),
        (lt(A, A), false),
        (le(A, A), true),
        (truth(A), ne(A, 0)),
        (le(floordiv(A, 2), 3), le(A, 7)),
        (ge(floordiv(A, 2), 3), ge(A, 6)),
        (lt(floordiv(A, 4), 1), le(A, 3)),
        (not_(ge(floordiv(A, 2), 3)), le(A, 5)),
        (and_(), true),
        (and_(lt(A, B), true), lt(A, B)),
        (or_(lt(A, B), lt(A, B)), lt(A, B)),
        (and_(lt(A, B), and_(eq(A, 1), lt(A, B))), and_(eq(A, 1), lt(A, B))),
        (not_(and_(eq(A, 1), lt(A, B))), or_(ne(A, 1), ge(A, B))),
    ],
)
def test_one_object(one: Bool, other: Bool):
    """However a question is asked, it is the same object."""
    assert one is other


def test_no_truth_value():
    """`if eq(a, b):` is a mistake and says so."""
    with pytest.raises(TypeError, match="ask a Scope"):
        bool(eq(A, B))


def test_nan_is_not_ordered():
    """The negation of a comparison of floats is not the opposite comparison: nan satisfies neither."""
    ratio = truediv(A, B)
    values = {ratio: math.nan}

    assert not_(lt(ratio, 0.5)) is not ge(ratio, 0.5)
    assert evaluate(not_(lt(ratio, 0.5)), values) is True
    assert evaluate(ge(ratio, 0.5), values) is False


def test_if_else():
    """A conditional expression takes the branch of the condition; mixed types are refused."""
    chosen = if_else(lt(A, 3), A, integer(3))

    assert [evaluate(chosen, {A: n}) for n in (0, 2, 3, 9)] == [0, 2, 3, 3]
    assert if_else(True, A, B) is A
    assert if_else(lt(A, B), sub(A, A), integer(0)) is integer(0)
    with pytest.raises(TypeError, match="both"):
        if_else(lt(A, 3), A, to_float(B))


def test_only_the_branch_taken_is_computed():
    """`0 if b == 0 else a // b` has a value at b == 0."""
    guarded = if_else(eq(B, 0), integer(0), floordiv(A, B))

    assert evaluate(guarded, {A: 5, B: 0}) == 0
