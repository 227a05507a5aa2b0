"""The lines that are left follow from none of the others, leave the ranges that are shown, and say what is equal."""

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.contract import Dim
from fullgraph.errors import Specialized, Unsupported
from fullgraph.symbolic import symbol
from tests.contract.random_facts import KINDS, declared_of, drawn
from tests.contract.support import CHECK, OPERATOR, PROGRAM, TensorSpec, facts, specs_of, traced, zeros
from tests.symbolic.oracle import follows, is_possible, to_z3

# Of what is linear, nothing is missed; of products, something is, and of many quotients what takes too much work.
LINEAR = ("linear", "order", "divisible", "extremes", "either")
seeds = st.integers(0, 10**6)


@given(seeds, st.sampled_from(KINDS))
def test_the_contract_says_what_was_assumed_and_no_more(seed, kind):
    """z3 finds no line superfluous, no range too wide, and no sizes for which lines and facts differ."""
    made = drawn(seed, kind)
    contract = made.contract()
    declared = [to_z3(fact) for fact in declared_of(made)]
    lines = [to_z3(line.fact) for line in contract.assumptions]
    assumed = [to_z3(fact) for fact in made.facts]

    assert is_possible([*declared, z3.And(*lines) != z3.And(*assumed)]) is not True
    for place, line in enumerate(lines):
        others = [*declared, *lines[:place], *lines[place + 1 :]]
        assert kind not in LINEAR or not follows(others, line), contract.lines()
    for size, found in contract.ranges.items():
        x, lo, hi = z3.Int(size.name), int(found.lo), found.hi
        everything = [*declared, *lines]
        beyond = z3.Or(x < lo, x > int(hi)) if hi < 2**60 else x < lo
        assert is_possible([*everything, beyond]) is not True
        if kind in LINEAR:
            assert not follows(everything, x != lo)
            assert not follows(everything, x != int(hi) if hi < 2**60 else x < 10**6)


@given(seeds, st.sampled_from(KINDS))
def test_what_no_size_satisfies_is_refused(seed, kind):
    """Without an example the facts may contradict each other; then z3 finds no sizes either."""
    made = drawn(seed, kind, with_example=False)
    everything = [to_z3(fact) for fact in (*declared_of(made), *made.facts)]
    try:
        made.contract()
    except Unsupported as error:
        assert "can never hold" in error.what
        assert is_possible(everything) is not True
    else:
        assert kind not in LINEAR or is_possible(everything) is not False


def lines(*assumed, kind=OPERATOR, shapes="? ? ?", sizes=(2, 4, 8)):
    made = traced(specs_of({"x": shapes}, x=zeros(*sizes)))
    for fact in assumed:
        made.assume(fact, kind)
    return facts(made.contract())


@pytest.mark.parametrize(
    ("assumed", "expected"),
    [
        (["s0 <= s1", "s1 <= s2", "s0 <= s2"], ["x.shape[0] <= x.shape[1]", "x.shape[1] <= x.shape[2]"]),
        (["s0 <= s2", "s0 <= s1", "s1 <= s2"], ["x.shape[0] <= x.shape[1]", "x.shape[1] <= x.shape[2]"]),
        (["s2 % 2 == 0", "s2 % 4 == 0"], ["x.shape[2] % 4 == 0"]),
        (["s2 % 4 == 0", "s2 % 2 == 0"], ["x.shape[2] % 4 == 0"]),
        (["s1 // 4 <= s1 // 3"], []),
        (["s1 >= 3", "s0 <= 3 or s1 <= 2"], ["x.shape[1] >= 3", "x.shape[0] <= 3"]),
        (["s2 + 1 <= s0 + 7", "s2 >= s0 + 6"], ["x.shape[2] == x.shape[0] + 6"]),
        (
            ["s1 <= 2*s0", "2*s1 + s2 >= 4*s0 + 8", "s2 <= 8"],
            ["x.shape[1] == 2*x.shape[0]", "x.shape[2] == 8"],
        ),
        (["s2 % 8 == 0", "s2 >= 5", "s2 <= 12"], ["x.shape[2] == 8"]),
        (["s1 // 2 + (s1 + s0 + 1) // 2 >= 3", "s0 == 2"], ["x.shape[0] == 2", "x.shape[1] >= 2"]),
        (["s2 / 2 <= 40", "round(s2 / 4) == 2"], ["x.shape[2] >= 6", "x.shape[2] <= 10"]),
        (
            ["s0 == 2 or s0 == 16 or s0 == 8"]
            + [f"s1 != {n} or s0 != {k}" for k in (2, 8, 16) for n in (0, 1)],
            ["x.shape[0] == 2 or x.shape[0] == 8 or x.shape[0] == 16", "x.shape[1] >= 2"],
        ),
        (
            ["s1 <= s0 + 6 and s1 != 10", "s1 != 9", "s0 <= 4"],
            ["x.shape[1] <= x.shape[0] + 6", "x.shape[1] <= 8", "x.shape[0] <= 4"],
        ),
        (["2*s1 <= s2", "s2 <= 2*s1 + 1", "s2 % 2 == 0"], ["x.shape[2] == 2*x.shape[1]"]),
    ],
)
def test_what_several_lines_say_together(assumed, expected):
    assert lines(*assumed) == expected


def test_ranges_are_those_of_all_lines():
    made = traced(specs_of({"x": "a b"}, x=zeros(4, 4)))
    made.assume("a + b <= 12", CHECK).assume("a >= b", CHECK).assume("b % 2 == 0", CHECK).assume(
        "b >= 1", CHECK
    )
    ranges = {str(s): str(r) for s, r in made.contract().ranges.items()}

    assert ranges == {"a": "[2, 10]", "b": "[2, 6]"}


def test_ranges_are_those_of_what_determines_a_size_too():
    """`b` is one of few sizes, and `a` is what makes it one of them."""
    made = traced(specs_of({"x": (Dim("a"), Dim("b", values=[2, 4, 8]))}, x=zeros(7, 8)))
    made.assume("b == min(7, a) + 1", CHECK).assume("a >= 4", CHECK)
    contract = made.contract()

    assert contract.lines()[0] == "x: float32[a, min(7, a) + 1] on cpu"
    assert str(contract.ranges[symbol("a")]) == "[7, oo]"


def test_a_contradiction_names_the_lines_that_make_it():
    """And no others; it takes three of these."""
    made = traced(specs_of({"x": "a b c"}, x=TensorSpec("a b c")))
    made.assume("a <= b + 3", CHECK).assume("c >= 2", CHECK).assume("b <= 2*c", CHECK).assume("c <= 4", CHECK)
    made.assume("a % 7 == 5", CHECK).assume("a >= 6", CHECK)
    with pytest.raises(Unsupported, match=r"`a >= 6` can never hold here") as caught:
        made.contract()

    assert caught.value.why.split("\n")[1:] == ["a % 7 == 5", "a <= b + 3", "b <= 2*c", "c <= 4"]


def test_what_checks_imply_together_is_no_narrowing():
    """`b + c >= 1`, as otherwise `2*b + c` would be 0."""
    made = traced(specs_of({"x": "a b c"}, x=zeros(1, 2, 4)))
    made.assume("a >= 1", CHECK).assume("a <= 2*b + c", CHECK).assume("b + c >= 1", PROGRAM)

    assert facts(made.contract()) == ["a >= 1", "a <= 2*b + c"]
    with pytest.raises(Specialized, match=r"b \+ c >= 2"):
        made.assume("b + c >= 2", PROGRAM).contract()


def test_what_lines_take_from_a_named_dim_together_is_refused():
    """`b <= 18`, by way of a dim that may be narrowed; unless the program's checks say as much."""
    made = traced(specs_of({"x": "b ?"}, x=zeros(4, 4)))
    made.assume("b <= 2*s0", OPERATOR).assume("3*s0 <= b + 9", OPERATOR)
    with pytest.raises(Specialized, match="only works if b <= 18"):
        made.contract()

    made = traced(specs_of({"x": "b c ?"}, x=zeros(4, 4, 4)))
    made.assume("b <= 2*c", CHECK).assume("3*c <= b + 9", CHECK).assume("s0 >= b", OPERATOR)
    assert [str(found) for found in made.contract().ranges.values()] == ["[0, 18]", "[0, 9]", "[0, oo]"]


def test_the_range_of_what_is_determined_is_shown_with_what_determines_it():
    made = traced(specs_of({"x": "a b"}, ["a >= b", "b >= a"], x=zeros(4, 4)))
    contract = made.contract()

    assert contract.lines()[0] == "x: float32[a, a] on cpu"
    assert list(contract.ranges) == [symbol("a")]
