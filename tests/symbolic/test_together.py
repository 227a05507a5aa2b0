"""What several facts say together: all of it is right, and of sums, quotients and extremes nothing is missed."""

import itertools
import random

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from fullgraph.symbolic import Contradiction, Range, Scope, and_, evaluate, parse, symbol
from tests.contract.random_facts import KINDS, SIZES, random_fact
from tests.symbolic.oracle import follows, is_possible, to_z3
from tests.symbolic.strategies import NAMES, SYMBOLS, Program, conditions, outcome
from tests.symbolic.support import NobodyAsked, Recorded

MANY = settings(max_examples=max(200, settings.default.max_examples))
COMPLETE = [kind for kind in KINDS if kind not in ("products", "mixed")]
LARGEST = 5
EVERY = [dict(zip(SYMBOLS, chosen)) for chosen in itertools.product(range(LARGEST + 1), repeat=3)]


def scope_of(names=NAMES, hi=None):
    scope = Scope(NobodyAsked())
    for name in names:
        scope.declare(name, hi=hi)
    return scope


def drawn_facts(seed, kind):
    r = random.Random(seed)
    facts = [random_fact(r, kind) for _ in range(r.randint(1, 4))]
    return [fact for fact in facts if not fact.is_const], random_fact(r, kind)


@given(st.integers(0, 10**6), st.sampled_from(KINDS))
@MANY
def test_what_follows_is_what_z3_says(seed, kind):
    """No answer contradicts z3; and where products play no part, z3 proves no more."""
    facts, question = drawn_facts(seed, kind)
    together = scope_of([s.name for s in SIZES]).together(facts)
    known = [*map(to_z3, facts), *(z3.Int(s.name) >= 0 for s in SIZES)]
    asked = to_z3(question)
    answer = together.decides(question)

    if answer is not None:
        assert is_possible([*known, asked == z3.BoolVal(not answer)]) is not True
    elif kind in COMPLETE and is_possible(known):
        # Of quotients, what takes too much work is not found.
        assert kind == "quotients" or not follows(known, asked)
        assert kind == "quotients" or not follows(known, z3.Not(asked))
    assert together.is_possible() or not is_possible(known)


@given(st.integers(0, 10**6), st.sampled_from(KINDS))
@MANY
def test_ranges_hold_every_value_and_no_more(seed, kind):
    facts, _ = drawn_facts(seed, kind)
    known = [*map(to_z3, facts), *(z3.Int(s.name) >= 0 for s in SIZES)]
    together = scope_of([s.name for s in SIZES]).together(facts)
    if not is_possible(known):
        return
    for size in SIZES:
        lo, hi = together.range_of(size, Range(lo=0))
        x = z3.Int(size.name)
        assert (
            is_possible([*known, z3.Or(x < int(lo), x > int(min(hi, 10**9)) if hi < 10**9 else False)])
            is not True
        )
        if kind in ("linear", "order", "divisible", "extremes"):
            assert not follows(known, x != int(lo))
            assert not follows(known, x != int(hi) if hi < 10**9 else x < 10**6)


@given(st.lists(conditions(3), max_size=3), conditions(3))
@MANY
def test_any_answers_are_right(facts: list[Program], question: Program):
    """Of any conditions (bit operations, powers, roundings of floats), compared with brute force."""
    scope = scope_of(hi=LARGEST)
    together = scope.together([fact.expr for fact in facts])
    answer = together.decides(question.expr)
    holding = [v for v in EVERY if all(outcome(lambda f=f, v=v: f.python(v)) is True for f in facts)]
    seen = {outcome(lambda v=v: evaluate(question.expr, v)) for v in holding}

    assert answer is None or seen <= {answer}, "nor does Python raise where an answer is given"
    assert together.is_possible() or not holding
    for s in SYMBOLS:
        found = together.range_of(s, Range(0, LARGEST))
        assert all(values[s] in found for values in holding)


@given(st.lists(conditions(3), max_size=2), conditions(3), conditions(3))
def test_what_a_scope_learnt_is_known(facts: list[Program], more: Program, question: Program):
    """The facts of a scope, as it keeps them, say no more than what it learnt."""
    scope = scope_of(hi=LARGEST)
    try:
        for fact in facts:
            scope.assume(fact.expr)
    except Contradiction:
        return
    answer = scope.together([more.expr]).decides(question.expr)
    for values in EVERY:
        if all(outcome(lambda f=f, v=values: f.python(v)) is True for f in (*facts, more)):
            assert answer is None or outcome(lambda v=values: evaluate(question.expr, v)) is answer


FOUND = [
    (["s0 <= s1 + 3", "s1 <= 2*s2", "s2 <= 4"], "s0 <= 11", True),
    (["s0 <= s1", "s1 <= s2", "s2 <= s0"], "s0 == s2", True),
    (["s0 + s1 >= 8", "s0 <= 5", "s1 <= 5", "s0 >= 2"], "s0 + s1 <= 10", True),
    (["2*s0 == 3*s1"], "s1 % 2 == 1", False),
    (["s0 % 4 == 3"], "s0 == 2*(s0 // 2)", False),
    (["s0 % 2 == 0", "s0 % 3 == 0"], "s0 % 6 == 0", True),
    (["s0 % 6 == 0", "s0 >= 1"], "s0 >= 6", True),
    (["(s0 + s1) % 2 == 1", "s1 % 2 == 0"], "s0 >= 1", True),
    ([], "s0 // 4 <= s0 // 3", True),
    ([], "s0 // 3 + (s0 + 1) // 3 + (s0 + 2) // 3 == s0", True),
    (["s2 <= max(4, s1)", "s2 >= 6"], "s1 >= 6", True),
    (["s0 <= 3 or s1 <= 3", "s0 >= 5"], "s1 <= 4", True),
    (["s0 != s1", "s1 != s2", "s0 <= 1", "s1 <= 1", "s2 <= 1"], "s0 == s2", True),
    (["s0*s1 == 12", "s0 >= 4"], "s1 <= 3", True),
    (["s0 >= 2", "s1 >= 3", "s0*s1 <= s2"], "s2 >= 6", True),
    (["s0 <= s1"], "s0*s2 <= s1*s2", True),
    (["s0 <= s1"], "s1 <= s0", None),
]


@pytest.mark.parametrize(("facts", "question", "expected"), FOUND)
def test_found(facts, question, expected):
    assert scope_of().together(map(parse, facts)).decides(parse(question)) is expected


def test_facts_that_contradict_each_other():
    """Each of them alone is possible, and so are all others."""
    together = scope_of().together(map(parse, ["s2 >= 3", "s0*s1 == 12", "s0 == 5"]))

    assert not together.is_possible()
    assert not together.is_contradiction(parse("s2 == 4"))
    assert together.is_contradiction(parse("s1 == 4"))


def test_a_question_that_python_cannot_answer_does_not_follow():
    """Where s1 is 0, a check of it would raise."""
    together = scope_of().together([parse("s0 == 0")])

    assert together.decides(parse("s0 % s1 == 0")) is None
    assert together.implies(parse("s0 % (s1 + 1) == 0"))


def test_some_facts_are_left_out():
    facts = [parse("s0 <= 4"), parse("s0 <= 5")]
    together = scope_of().together(facts)

    assert together.implies(facts[1], without={facts[1]})
    assert not together.implies(facts[0], without={facts[0]})


def test_a_branch_that_several_facts_decide_is_asked_of_nobody():
    """A scope looks at all its facts before it asks for an answer to a branch."""
    answers = Recorded()
    scope = Scope(answers)
    for name in NAMES:
        scope.declare(name)
    for fact in ("s0 <= s1 + 3", "s1 + 2 <= 2*s2", "2*s2 <= s0 + s1"):
        scope.assume(parse(fact))

    assert scope.ask(parse("s0 >= 2"))
    assert not scope.ask(parse("s0 == 1"))
    assert not answers.asked
    assert scope.ask(parse("s0 >= 3"))
    assert len(answers.asked) == 1


def test_an_answer_that_cannot_be_is_turned_round():
    """Who answers may not see what follows from the facts."""
    scope = Scope(Recorded())
    for name in NAMES:
        scope.declare(name)
    scope.assume(and_(parse("s0**2 >= 9"), parse("s1 >= 1")))

    assert not scope.ask(parse("s0 == 1"))
    assert scope.ask(parse("s0 >= 3"))


def test_the_work_is_bounded():
    """What takes too much work is not answered; nothing is guessed."""
    names = [f"n{i}" for i in range(12)]
    scope = scope_of(names)
    facts = [
        parse(f"({names[i]} + 3*{names[(i * 5 + 1) % 12]}) // {i % 4 + 2} <= {names[(i * 7 + 3) % 12]} + {i}")
        for i in range(12)
    ]
    together = scope.together(facts)
    question = parse("7*n0 + 5*n3 <= 11*n7 + 13*n1 + 3*n2 + 6")
    values = {symbol(name): 0 for name in names}

    assert all(evaluate(fact, values) for fact in facts)
    assert evaluate(question, values)
    assert together.decides(question) is not False


def test_of_many_facts_the_nearest_are_looked_at():
    """A chain of hundreds of sizes costs no more than its first part."""
    names = [f"n{i}" for i in range(400)]
    scope = scope_of(names)
    for one, other in itertools.pairwise(names):
        scope.assume(parse(f"{one} <= {other} + 1"))

    assert scope.decide_together(parse("n0 <= n5 + 5")) is True
    assert scope.decide_together(parse("n0 <= n5 + 4")) is None
    assert scope.decide_together(parse("n0 <= n390 + 390")) is None
    assert scope.together().range_of(symbol("n0"), Range(lo=0)) == Range(lo=0)
