"""Scopes: declaring, learning, asking, branches, hints."""

import itertools
import math
import operator

import pytest

from fullgraph.symbolic import (
    Contradiction,
    Range,
    Scope,
    add,
    eq,
    ge,
    gt,
    integer,
    le,
    lt,
    mod,
    mul,
    ne,
    or_,
    parse,
    render,
    symbol,
)
from tests.symbolic.support import NobodyAsked, scope_by_hint


def test_declaring():
    """A symbol has its range from the start; declaring it twice, or without any value, is refused."""
    scope = Scope(NobodyAsked())
    s0 = scope.declare("s0", lo=1, hi=8)

    assert scope.range_of(s0) == Range(1, 8)
    assert scope.symbols == (s0,)
    with pytest.raises(ValueError, match="twice"):
        scope.declare("s0")
    with pytest.raises(Contradiction, match="no possible value"):
        scope.declare("s1", lo=3, hi=2)
    with pytest.raises(Contradiction, match="no possible value"):
        scope.declare("s2", lo=3, values=[1, 2])


def test_scopes_do_not_mix():
    """The same symbol in two scopes has the facts of each."""
    one, other = Scope(NobodyAsked()), Scope(NobodyAsked())
    s0 = one.declare("s0", lo=5)
    other.declare("s0", hi=4)

    assert one.decide(gt(s0, 4)) is True
    assert other.decide(gt(s0, 4)) is False


def test_an_answer_is_a_fact():
    """What was answered isn't asked again, nor is what follows from it."""
    scope, asked = scope_by_hint()
    s0 = scope.declare("s0", hint=6)

    assert scope.ask(gt(s0, 4))
    assert scope.ask(gt(s0, 3))
    assert not scope.ask(parse("2*s0 <= 8"))
    assert asked.asked == [("guard", "s0 >= 5")]


def test_defaults_rely_on_nothing():
    """An answer that takes the asker's default way leaves no fact behind."""
    scope, asked = scope_by_hint()
    s0 = scope.declare("s0", hint=6)

    assert not scope.ask(eq(s0, 1), "or_false")
    assert scope.ask(parse("s0 != 1"), "or_true")
    assert scope.decide(eq(s0, 1)) is None
    assert scope.ask(eq(s0, 6), "or_false")
    assert scope.decide(eq(s0, 6)) is True
    assert len(asked.asked) == 3


def test_values_become_facts():
    """A value that Python demanded is the value from then on."""
    scope, asked = scope_by_hint()
    s0 = scope.declare("s0", hint=6)

    assert scope.value_of(add(s0, 1)) == 7
    assert scope.simplify(mul(s0, 2)) is integer(12)
    assert scope.value_of(s0) == 6
    assert asked.asked == [("value", "s0 + 1")]


def test_branches():
    """What was learnt in a branch is forgotten after it; what was known before stays."""
    scope = Scope(NobodyAsked())
    s0 = scope.declare("s0")
    scope.assume(parse("s0 >= 2"))
    mark = scope.mark()
    scope.assume(parse("s0 == 4"))
    inner = scope.declare("s1", lo=1)
    scope.assume(parse("s1 >= 3"))
    assert scope.simplify(s0) is integer(4)

    scope.undo(mark)
    assert scope.simplify(s0) is s0
    assert scope.decide(parse("s0 >= 2")) is True
    assert scope.decide(parse("s0 == 4")) is None
    assert scope.range_of(inner) == Range(1)

    scope.assume(parse("s0 == 5"))
    assert scope.simplify(s0) is integer(5)
    scope.undo(mark)
    assert scope.decide(parse("s0 == 5")) is None


def test_hints():
    """A hint is the example's value, also of what is computed from it; without one there is none."""
    scope = Scope(NobodyAsked())
    scope.declare("s0", hint=6)
    scope.declare("s1")

    assert scope.hint_of(parse("s0*2 + 1")) == 13
    assert scope.hint_of(parse("s0 > 4")) is True
    assert scope.hint_of(parse("s0 / 4")) == 1.5
    assert scope.hint_of(parse("s0 + s1")) is None
    assert scope.hint_of(parse("1 // (s0 - 6)")) is None


@pytest.mark.parametrize(
    ("facts", "text", "expected"),
    [
        (["s1 == s0"], "s0 + s1", "2*s0"),
        (["s1 == 2*s0"], "s1 // 2", "s0"),
        # The older one goes, since the younger one would have to be halved.
        (["s0 == 2*s1"], "s0 + s1", "3*s1"),
        (["s0 >= 1"], "max(s0, 1)", "s0"),
        (["s0 <= 8"], "min(s0, 8) + 1", "s0 + 1"),
        (["s0 < 8"], "s0 % 8", "s0"),
        (["s0 < s1"], "s0 % s1", "s0"),
        (["s0 % 8 == 0"], "(s0 + 3) % 8", "3"),
        (["s0 >= s1"], "abs(s0 - s1)", "s0 - s1"),
        (["s0 >= s1"], "max(s0, s1)", "s0"),
        (["s0 > 3"], "s0 if s0 > 2 else s1", "s0"),
        (["s0 <= 100"], "int(float(s0))", "s0"),
    ],
)
def test_simplify(facts: list[str], text: str, expected: str):
    """Sizes are shown as simply as the facts allow."""
    scope = Scope(NobodyAsked())
    for name in ("s0", "s1"):
        scope.declare(name)
    for fact in facts:
        scope.assume(parse(fact))

    assert render(scope.simplify(parse(text))) == expected


def test_many_facts_stay_fast():
    """A hundred facts on two hundred symbols are learnt, and questions on them are bounded in work."""
    scope = Scope(NobodyAsked())
    for i in range(200):
        scope.declare(f"s{i}")
    for i in range(0, 200, 2):
        scope.assume(parse(f"s{i} <= s{i + 1}"))

    assert scope.decide(parse("s0 <= s1")) is True
    assert scope.decide(parse("s0 <= s2")) is None


def test_order_of_declaration_is_kept():
    """An equality replaces the symbol declared last, in whatever order symbols were ever made."""
    symbol("late"), symbol("early")
    scope = Scope(NobodyAsked())
    early, late = scope.declare("early"), scope.declare("late")
    scope.assume(eq(late, early))

    assert scope.simplify(late) is early
    assert scope.simplify(early) is early


@pytest.mark.parametrize(
    ("facts", "question", "expected"),
    [
        ([], "s0 + min(1, s0) >= 1", "s0 >= 1"),
        ([], "s0 != max(1, s0)", "s0 == 0"),
        ([], "max(s0, 3) >= 2*s1 + s0", "s0 + 2*s1 <= max(3, s0)"),
        ([], "max(s0, s1) <= 4", "s0 <= 4 and s1 <= 4"),
        ([], "max(0, s0 - 1) >= 2", "s0 >= 3"),
        ([], "s0 // 8 != 0", "s0 >= 8"),
        (["s0 >= 3"], "min(s0, s1) <= 2", "s1 <= 2"),
        (["s0 % 4 == 0"], "s0*s1 // (4*(s0 // 4)) >= 3", "s1 >= 3"),
        (["s0 >= 1"], "s0*s1 == 4*s0", "s1 == 4"),
        (["s0 >= 1"], "s0*s1 <= 4*s0", "s1 <= 4"),
        (["s0 >= 3"], "s0 >= 2 and s1 >= 2", "s1 >= 2"),
        (["s0 == s1"], "s0 + s1 == 8", "s0 == 4"),
    ],
)
def test_questions_are_asked_in_short(facts: list[str], question: str, expected: str):
    """What is asked, and becomes a line of the contract, is as short as the facts allow."""
    scope, asked = scope_by_hint()
    for name in ("s0", "s1"):
        scope.declare(name, hint=4)
    for fact in facts:
        scope.assume(parse(fact))
    scope.ask(parse(question))

    assert asked.asked == [("guard", expected)]


def test_a_fact_that_would_divide_another_by_zero_contradicts_it():
    """What is known had a value when it was learnt; a disjunction may have had it from its other part."""
    scope = Scope(NobodyAsked())
    a, b = scope.declare("a"), scope.declare("b")
    scope.assume(ne(mod(b, a), 1))

    with pytest.raises(Contradiction, match="divided by zero"):
        scope.assume(eq(a, 0))

    assert scope.decide(eq(a, 0)) is None
    guarded = Scope(NobodyAsked())
    a, b = guarded.declare("a"), guarded.declare("b")
    guarded.assume(or_(eq(b, 7), eq(mod(b, a), 1)))
    guarded.assume(eq(a, 0))
    assert guarded.decide(eq(a, 0)) is True
    assert guarded.decide(eq(mod(b, a), 1)) is None
    assert guarded.decide(or_(eq(a, 0), eq(mod(b, a), 1))) is True


def test_a_refused_fact_leaves_nothing_behind():
    """A conjunction whose second half contradicts the first isn't learnt by half."""
    scope = Scope(NobodyAsked())
    a, b = scope.declare("a"), scope.declare("b", hi=9)

    with pytest.raises(Contradiction):
        scope.assume(parse("a >= 5 and a + b >= 20 and a + b <= 13"))

    assert scope.range_of(a) == Range(0, float("inf"))
    assert scope.decide(gt(add(a, b), 13)) is None


def test_the_square_of_a_remainder_bounds_the_remainder():
    """`(n % 4)**2 >= 1` is said of the remainder as that it is not 0, which is no bound from above."""
    scope = Scope(NobodyAsked())
    scope.declare("n")
    scope.assume(parse("(n % 4)**2 >= 1"))

    assert scope.range_of(parse("n % 4")) == Range(1, 3)
    assert scope.decide(parse("n % 4 == 0")) is False
    assert scope.decide(parse("n % 4 == 1")) is None


def test_an_absolute_value_stays_where_the_sign_is_open():
    """`abs` is dropped only of what is never negative."""
    scope = Scope(NobodyAsked())
    scope.declare("a", hi=2)

    assert render(scope.simplify(parse("abs(a - 1)"))) in ("abs(a - 1)", "abs(1 - a)")
    assert render(scope.simplify(parse("abs(a + 1)"))) == "a + 1"


def test_comparisons_by_ranges_are_right():
    """What the ranges of two symbols settle is so for all their values, and is what `decide` says."""
    comparisons = {
        eq: operator.eq,
        ne: operator.ne,
        lt: operator.lt,
        le: operator.le,
        gt: operator.gt,
        ge: operator.ge,
    }
    ranges = [(lo, hi) for lo in range(4) for hi in (*range(lo, 4), None)]
    for x, y in itertools.product(ranges, repeat=2):
        scope = Scope(NobodyAsked())
        a, b = (scope.declare(name, lo=lo, hi=hi) for name, (lo, hi) in (("a", x), ("b", y)))
        values = [range(lo, 6 if hi is None else hi + 1) for lo, hi in (x, y)]
        for compare, python in comparisons.items():
            answer = scope.decide_by_ranges(compare, a, b)
            if answer is not None:
                assert {python(*pair) for pair in itertools.product(*values)} == {answer}
                assert scope.decide(compare(a, b)) is answer
        assert scope.decide_by_ranges(eq, add(a, 1), b) is None


def test_rounded_quotients_of_moderate_sizes():
    """Where a float is exact enough, rounding a quotient is dividing integers; above 2**53 it need not be."""
    scope = Scope(NobodyAsked())
    scope.declare("n", hi=2**53 - 1)
    scope.declare("m", lo=1 - 2**53, hi=2**53 - 1)
    scope.declare("large", hi=2**53)

    for text, expected in {
        "math.ceil(n / 8)": "(n + 7) // 8",
        "math.floor(n / 3)": "n // 3",
        "int(n / 3)": "n // 3",
        "math.ceil(m / 3)": "(m + 2) // 3",
        "int(m / 3)": "math.trunc(m / 3)",
        "round(n / 2)": "round(n / 2)",
        "math.ceil(large / 3)": "math.ceil(large / 3)",
        "math.floor(n / -2)": "math.floor(n / -2)",
    }.items():
        assert render(scope.simplify(parse(text))) == expected
    for k in (2, 3, 7, 8, 1000, 2**52 + 1, 2**53 - 1, 2**53 + 1, 2**60 + 1):
        for a in (*range(2**53 - 40, 2**53), *range(3 * k - 3, 3 * k + 3)):
            if a < 2**53:
                assert (math.floor(a / k), math.ceil(a / k)) == (a // k, -(-a // k))


@pytest.mark.parametrize("bound_first", [True, False])
def test_a_range_ends_at_multiples_of_what_divides_the_size(bound_first):
    scope = Scope(NobodyAsked())
    n = scope.declare("n", lo=1, hi=21)
    for fact in (ge(n, 5), eq(mod(n, 4), 0))[:: 1 if bound_first else -1]:
        scope.assume(fact)

    assert scope.range_of(n) == Range(8, 20)
    assert scope.decide(ge(n, 8)) is True
    assert scope.decide(ge(n, 9)) is None
