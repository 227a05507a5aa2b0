"""Decisions: every answer is right, by brute force and by an independent solver; the ones we rely on are found."""

import itertools

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from fullgraph.symbolic import (
    Contradiction,
    Expr,
    Scope,
    add,
    and_,
    eq,
    evaluate,
    floordiv,
    integer,
    le,
    lt,
    mod,
    mul,
    parse,
    render,
    symbol,
)
from tests.symbolic.oracle import to_z3
from tests.symbolic.strategies import SYMBOLS, Program, conditions, linear_conditions, outcome
from tests.symbolic.support import NobodyAsked, Recorded

LARGEST = 6
# Decisions have many ways to be wrong: more programs than the profile asks for, and no fewer than it does.
MANY = settings(max_examples=max(300, settings.default.max_examples))
EVERY = [
    dict(zip(SYMBOLS, chosen, strict=True)) for chosen in itertools.product(range(LARGEST + 1), repeat=3)
]


def check_against_brute_force(facts: list[Program], question: Program, hi: int | None) -> None:
    """Compare `decide` with the values of the question wherever the facts hold."""
    scope = Scope(NobodyAsked())
    for s in SYMBOLS:
        scope.declare(s.name, hi=hi)
    contradiction = False
    try:
        for fact in facts:
            scope.assume(fact.expr)
    except Contradiction:
        contradiction = True
    holding = [v for v in EVERY if all(outcome(lambda f=f, v=v: f.python(v)) is True for f in facts)]
    seen = {outcome(lambda v=v: question.python(v)) for v in holding} & {True, False}

    if contradiction:
        assert not holding
        return
    answer = scope.decide(question.expr)
    if answer is not None:
        assert not seen - {answer}
    ranges = {s: scope.range_of(s) for s in SYMBOLS}
    for values in holding:
        assert all(values[s] in ranges[s] for s in SYMBOLS)


@given(st.lists(linear_conditions(), max_size=4), linear_conditions())
@MANY
def test_linear_answers_are_right(facts: list[Program], question: Program):
    """With conditions of the first degree as facts, no answer contradicts brute force."""
    check_against_brute_force(facts, question, LARGEST)


@given(st.lists(linear_conditions(), max_size=3), linear_conditions())
@MANY
def test_answers_without_upper_bounds_are_right(facts: list[Program], question: Program):
    """The same for sizes of which nothing is known but that they aren't negative."""
    check_against_brute_force(facts, question, None)


@given(st.lists(conditions(3), max_size=3), conditions(3))
@MANY
def test_any_answers_are_right(facts: list[Program], question: Program):
    """The same for any conditions: divisions, minima, bit operations, and, or, not."""
    check_against_brute_force(facts, question, None)


@given(st.lists(conditions(3), max_size=2), conditions(3) | linear_conditions())
@MANY
def test_short_questions_have_the_same_answer(facts: list[Program], question: Program):
    """A question asked in short has the same answer as the one put, wherever the facts hold."""
    answers = Recorded()
    scope = Scope(answers)
    for s in SYMBOLS:
        scope.declare(s.name, hi=LARGEST)
    try:
        for fact in facts:
            scope.assume(fact.expr)
        scope.ask(question.expr)
    except Contradiction:
        return
    for values in EVERY:
        expected = outcome(lambda values=values: question.python(values))
        if isinstance(expected, bool) and all(
            outcome(lambda f=f, values=values: f.python(values)) is True for f in facts
        ):
            for asked in answers.asked:
                shortened = outcome(lambda asked=asked, values=values: evaluate(asked, values))
                assert shortened is expected or not isinstance(shortened, bool)


def rounded() -> st.SearchStrategy[Expr]:
    """Sums of symbols, their quotients and their remainders, as padding is computed with."""

    def build(parts: list[tuple[str, int, Expr, int, int]]) -> Expr:
        found = integer(0)
        for kind, factor, s, shift, divisor in parts:
            inner = add(mul(-1 if "-" in kind else 1, s), shift)
            made = floordiv(inner, divisor) if "//" in kind else mod(inner, divisor) if "%" in kind else inner
            found = add(found, mul(factor, made))
        return found

    part = st.tuples(
        st.sampled_from(["//", "-//", "%", "-%", "+"]),
        st.sampled_from([1, -1, 2, 4, -4]),
        st.sampled_from(SYMBOLS[:2]),
        st.integers(-1, 4),
        st.sampled_from([2, 4]),
    )
    return st.lists(part, min_size=1, max_size=3).map(build)


@given(rounded(), rounded(), st.sampled_from(["==", "<=", "<"]))
@MANY
def test_rounding_agrees_with_z3(a: Expr, b: Expr, sign: str):
    """What we say of sums of quotients and remainders holds for all integers, not only for small ones."""
    scope, solver = Scope(NobodyAsked()), z3.Solver()
    solver.set("timeout", 1000)
    for s in SYMBOLS:
        scope.declare(s.name)
        solver.add(z3.Int(s.name) >= 0)
    question = {"==": eq, "<=": le, "<": lt}[sign](a, b)
    answer = scope.decide(question)
    if answer is not None:
        left, right = to_z3(a), to_z3(b)
        asked = {"==": left == right, "<=": left <= right, "<": left < right}[sign]
        solver.add(asked == z3.BoolVal(not answer))
        assert solver.check() != z3.sat


@given(st.lists(linear_conditions(), min_size=1, max_size=3), linear_conditions())
@MANY
def test_implication_agrees_with_z3(facts: list[Program], question: Program):
    """What we call implied is implied for all integers, not only for small ones."""
    scope, solver = Scope(NobodyAsked()), z3.Solver()
    for s in SYMBOLS:
        scope.declare(s.name)
        solver.add(z3.Int(s.name) >= 0)
    solver.add(*(to_z3(fact.expr) for fact in facts))
    try:
        for fact in facts:
            scope.assume(fact.expr)
    except Contradiction:
        assert solver.check() == z3.unsat
        return
    answer = scope.decide(question.expr)
    if answer is not None:
        solver.add(to_z3(question.expr) == z3.BoolVal(not answer))
        assert solver.check() == z3.unsat


# Facts, question, and what must be found.
FOUND = [
    ([], "s0 >= 0", True),
    ([], "s0 + s1 >= 0", True),
    ([], "s0 == -1", False),
    ([], "s0 == 0", None),
    ([], "s0 == 1", None),
    ([], "s0 == s1", None),
    ([], "s0 + 1 == 0", False),
    ([], "s0 + 1 > s0", True),
    ([], "2*s0 == 2*s1 + 1", False),
    ([], "s0*s1 >= 0", True),
    ([], "s0**2 >= 0", True),
    ([], "s0 % 4 < 4", True),
    ([], "s0 // 2 <= s0", True),
    ([], "2*(s0 // 2) <= s0", True),
    ([], "4*(s0 // 4) + 3 >= s0", True),
    ([], "s0 // 3 * 3 + s0 % 3 == s0", True),
    ([], "max(s0, 1) >= 1", True),
    ([], "max(s0, s1) >= s0", True),
    ([], "min(s0, s1) <= s1", True),
    ([], "max(s0, 1) == 0", False),
    ([], "abs(s0 - s1) >= s0 - s1", True),
    ([], "min(s0, 1) <= s0 * s0", True),
    ([], "max(0, 2*s0 - 1) // 2 + 1 >= s0", True),
    ([], "min(max(0, 2*s0 - 1), max(0, 2*s0 - 1) // 2 + 1) == s0", True),
    ([], "max(s0, s1) == s0 or max(s0, s1) == s1", True),
    ([], "min(s0, s1) == s0", None),
    ([], "s0 / 2 >= 0", True),
    ([], "math.floor(s0 / 2) >= 0", True),
    ([], "round(s0 / 2) <= -1", False),
    (["s0 >= 1"], "s0 == 0", False),
    (["s0 >= 2"], "s0 != 1", True),
    (["s0 != 0"], "s0 >= 1", True),
    (["s0 != 0", "s0 != 1"], "s0 >= 2", True),
    (["s0 <= 4"], "s0 <= 5", True),
    (["s0 <= 4"], "s0*2 <= 8", True),
    (["s0 <= 4"], "s0 > 4", False),
    (["s0 <= s1", "s1 <= s2"], "s0 <= s2", True),
    (["s0 < s1", "s1 < s2"], "s0 + 2 <= s2", True),
    (["s0 < s1"], "s1 == 0", False),
    (["s0 < s1"], "s0 == s1", False),
    (["s0 <= s1", "s1 <= s0"], "s0 == s1", True),
    (["s0 == s1"], "s0*4 == s1*4", True),
    (["s0 == s1"], "s0*s2 == s1*s2", True),
    (["s1 == 2*s0"], "s1 % 2 == 0", True),
    (["s1 == 2*s0"], "s1 // 2 == s0", True),
    (["s1 == 2*s0", "s0 >= 3"], "s1 >= 6", True),
    (["s1 == 2*s0", "s1 >= 5"], "s0 >= 3", True),
    (["s0 % 2 != 1"], "(s0 + 1) // 2 == s0 // 2", True),
    (["s0 % 4 <= 0"], "4*(s0 // 4) == s0", True),
    (["s0 % 4 == 0", "s1 % 4 == 0"], "16*((s0 + 3) // 4)*((s1 + 3) // 4)*s2 == s0*s1*s2", True),
    (["s0 % 4 == 0"], "16*((s0 + 3) // 4)*((s1 + 3) // 4)*s2 == s0*s1*s2", None),
    (["s0 % 8 == 0"], "s0 % 4 == 0", True),
    (["s0 % 8 == 0"], "8*(s0 // 8) == s0", True),
    (["s0 % 8 == 0"], "s0 == 4", False),
    (["s0 % 8 == 0"], "(3*s0) % 8 == 0", True),
    (["s0 % 8 == 0", "s0 == s1"], "s1 % 8 == 0", True),
    (["s0*s1 == s0*4", "s0 >= 1"], "s1 == 4", True),
    (["s0 % 2 == 0", "s1 % 3 == 0"], "6*s2*(s0 // 2)*(s1 // 3) == s0*s1*s2", True),
    (["s0 % 4 == 0"], "4*s1*(s0 // 4) <= s0*s1", True),
    (["s0 % 4 == 0"], "4*(s0 // 8) == s0", None),
    (["s0 % 2 != 0"], "s0 >= 1", True),
    (["s0 % 4 == 0"], "s1*(s0 // 2) % (2*(s0 // 4)) == 0", True),
    (["s0 % 4 == 0"], "s1*((s0 + 1) // 2) == 2*s1*((s0 + 3) // 4)", True),
    (["s0 >= 1", "s1 >= 1"], "s0*s1 >= 1", True),
    (["s0 >= 1", "s1 >= 1"], "s0*s1 == 0", False),
    (["s0 >= 1"], "s0*s1 >= s1", True),
    (["s0 >= 1", "s1 >= 1", "s0*s1 <= 4"], "s0 <= 4", True),
    (["s0 >= 1", "s1 >= 2", "s0*s1 <= 5"], "s0 <= 2", True),
    (["s0*s1 <= 4"], "s0 <= 4", None),
    (["s0*s1 == 16", "s0 == s1"], "s1 == 4", True),
    (["s0**2 >= 5"], "s0 >= 3", True),
    (["(s0 // 8)*(s1 // 8) == 64", "s0 == s1"], "s0 // 8 == 8", True),
    (["s0 >= 3", "s1 >= 1", "(s0 // 3)*s1 <= 1"], "s0 <= 5", True),
    (["s0 >= 2", "s1 >= 2"], "s0*s1 == 1", False),
    (["s0 >= 1"], "s1 // s0 <= s1", True),
    (["s0 == 3"], "s0*s1 == 3*s1", True),
    (["s0 == 1 or s0 == 2"], "s0 == 1 or s0 == 2", True),
    (["s0 + s1 == 10"], "s0 <= 10", True),
    (["s0 + s1 == 10", "s0 == 4"], "s1 == 6", True),
    (["s0 <= 3"], "s0 == 0 or s0 == 1 or s0 == 2 or s0 == 3", True),
    (["s0 <= 10"], "s0*s0 <= 100", True),
    (["s0 >= 1", "s0 <= 3"], "s0 // 4 == 0", True),
    (["s1 >= 400"], "s0*(s1 // 5) == s0 + 1", False),
    (["s1 >= 400"], "s0*(s1 // 5) == s0 + 80", None),
    (["s0 % 2 == 0"], "(s0 + 1) // 2 == s0 // 2", True),
]


@pytest.mark.parametrize(("facts", "question", "expected"), FOUND)
def test_found(facts: list[str], question: str, expected: bool | None):
    """The questions of real traces are answered."""
    scope = Scope(NobodyAsked())
    for s in SYMBOLS:
        scope.declare(s.name)
    for fact in facts:
        scope.assume(parse(fact))

    assert scope.decide(parse(question)) is expected


def test_what_follows_when_a_question_is_as_short_as_the_facts_allow():
    """Chunks that are filled hold all elements, and nothing else."""
    scope = Scope(NobodyAsked())
    for s in SYMBOLS:
        scope.declare(s.name, lo=1)
    scope.assume(parse("s0 % 8 == 0"))

    assert scope.follows(parse("64*((s0 + 7) // 8) // s0 == 8"))
    assert scope.follows(parse("s1*(64*((s0 + 7) // 8) % s0) == 0"))
    assert not scope.follows(parse("64*((s0 + 8) // 8) // s0 == 8"))
    assert not scope.follows(parse("12*((s1 + 2) // 3) // s1 == 4"))


def test_facts_in_any_order():
    """The same facts in another order give the same answers."""
    facts = ["s1 == 2*s0", "s2 == s1 + 1", "s0 >= 3"]
    for order in itertools.permutations(facts):
        scope = Scope(NobodyAsked())
        for s in SYMBOLS:
            scope.declare(s.name)
        for fact in order:
            scope.assume(parse(fact))

        assert scope.decide(parse("s2 >= 7")) is True
        assert scope.decide(parse("s2 == 2*s0 + 1")) is True


@pytest.mark.parametrize(
    "facts",
    [
        ["s0 < 3", "s0 > 5"],
        ["s0 == 3", "s0 == 4"],
        ["s0 < s1", "s1 < s0"],
        ["s0 == 2*s1", "s0 % 2 == 1"],
        ["s0 == 0", "s0 >= 1"],
        ["s0 < 0"],
        ["False"],
    ],
)
def test_contradictions(facts: list[str]):
    """Facts that cannot all hold are refused, and what was known before stays."""
    scope = Scope(NobodyAsked())
    for s in SYMBOLS:
        scope.declare(s.name)
    for fact in facts[:-1]:
        scope.assume(parse(fact))
    before = scope.range_of(symbol("s0"))

    with pytest.raises(Contradiction):
        scope.assume(parse(facts[-1]))
    assert scope.range_of(symbol("s0")) == before


def test_sets_of_values():
    """A symbol with few values is decided value by value."""
    scope = Scope(NobodyAsked())
    width = scope.declare("w", values=[640, 1280])

    assert scope.decide(parse("w % 640 == 0")) is True
    assert scope.decide(parse("w == 1000")) is False
    assert scope.decide(parse("w == 640")) is None
    assert str(scope.range_of(width)) == "[640, 1280]"

    scope.assume(parse("w >= 700"))  # in between there is nothing
    assert str(scope.range_of(width)) == "[1280, 1280]"
    with pytest.raises(Contradiction):
        scope.assume(parse("w <= 1000"))


def test_conjunction_is_learnt_in_parts():
    """Learning `a and b` is learning both."""
    scope = Scope(NobodyAsked())
    s0 = scope.declare("s0")
    scope.assume(and_(parse("s0 >= 2"), parse("s0 <= 2")))

    assert scope.simplify(s0).value == 2


@given(linear_conditions())
def test_rendered_facts_mean_the_same(fact: Program):
    """A fact written into a contract and read back is the fact."""
    assert parse(render(fact.expr)) is fact.expr
    assert evaluate(fact.expr, EVERY[5]) is fact.python(EVERY[5])
