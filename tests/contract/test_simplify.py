"""From assumptions to a contract: nothing is lost, nothing is said twice, nothing is narrowed silently."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.contract import Dim, Property, SameObject, TensorSpec
from fullgraph.errors import SpecError, Specialized, Unsupported
from fullgraph.symbolic import (
    add,
    and_,
    eq,
    evaluate,
    floordiv,
    ge,
    integer,
    le,
    lt,
    mod,
    mul,
    ne,
    or_,
    sub,
    symbol,
)
from tests.contract.support import CHECK, OPERATOR, PROGRAM, accepts, facts, specs_of, traced, zeros

AUTO = {"x": "? ? ?"}  # s0 s1 s2


def auto(*assumed, kind=OPERATOR, shapes=None, **arguments):
    made = traced(specs_of(shapes or AUTO, **(arguments or {"x": zeros(2, 4, 8)})))
    for fact in assumed:
        made.assume(fact, kind)
    return made.contract()


@pytest.mark.parametrize(
    ("assumed", "lines"),
    [
        ([], []),
        (["s0 <= 5", "s0 <= 7"], ["x.shape[0] <= 5"]),
        (["s0 <= 7", "s0 <= 5"], ["x.shape[0] <= 5"]),
        (["s0 >= 0", "2*s0 >= s0"], []),
        (["s1 == 2*s0"], ["x.shape[1] == 2*x.shape[0]"]),
        (
            ["s1 == 2*s0", "s2 == 2*s1", "s2 >= s0"],
            ["x.shape[1] == 2*x.shape[0]", "x.shape[2] == 4*x.shape[0]"],
        ),
        (["s0 <= 3", "s1 == s0", "s1 <= 3"], ["x.shape[1] == x.shape[0]", "x.shape[0] <= 3"]),
        (["s0 == 2", "s1 == s0 + 2"], ["x.shape[0] == 2", "x.shape[1] == 4"]),
        (["s0 % 2 == 0", "s0 % 2 == 0 or s1 == 4"], ["x.shape[0] % 2 == 0"]),
        (["s1 != 1", "s1 >= 2"], ["x.shape[1] >= 2"]),
        (["3*s0 + 2 == 2*s1"], ["2*x.shape[1] == 3*x.shape[0] + 2"]),
        (["s1 % s0 == 0"], ["x.shape[1] % x.shape[0] == 0"]),
        (["s0 != 0", "s0 != 1"], ["x.shape[0] >= 2"]),
        (["s0 <= 10 or s0 <= 11 or s1 == 3"], ["x.shape[0] <= 11 or x.shape[1] == 3"]),
        (["s0 >= 1", "max(0, s0 - 1) >= 1", "max(0, max(0, s0 - 1) - 1) == 0"], ["x.shape[0] == 2"]),
        (["s0 % 2 == 0", "s0*s1 == 2*(s0 // 2)*s1"], ["x.shape[0] % 2 == 0"]),
        (["s0 % 4 != 0", "s0 >= 1"], ["x.shape[0] % 4 != 0"]),
    ],
)
def test_minimal(assumed, lines):
    """What follows from the other lines is no line, in whatever order it was assumed."""
    assert sorted(facts(auto(*assumed))) == sorted(lines)


def test_sizes_and_ranges():
    """The inputs show all equalities applied; ranges are given for the symbols that are left."""
    contract = auto("s1 == 2*s0", "s2 == 8", "s0 <= 9")

    assert contract.lines()[0] == "x: float32[s0, 2*s0, 8] on cpu"
    assert {str(s): str(r) for s, r in contract.ranges.items()} == {"s0": "[0, 9]"}
    assert [(spec.text, line.fact) for spec, line in contract.given_up] == [
        ("x.shape[1]", eq(symbol("s1"), mul(2, symbol("s0")))),
        ("x.shape[2]", eq(symbol("s2"), 8)),
    ]


def test_names_are_kept():
    """An equality gives up the dim without a name."""
    contract = auto("s0 == b", shapes={"x": "b ? _"})

    assert facts(contract) == ["x.shape[1] == b"]
    assert contract.lines()[0] == "x: float32[b, b, 8] on cpu"


def test_checks_are_lines():
    """What the program checks is wanted, also of a named dim, and what follows from it is accepted."""
    made = traced(specs_of({"x": "b s _"}, x=zeros(2, 4, 8)))
    made.assume("s <= 6", OPERATOR).assume("s <= 5", CHECK, note="too long")

    assert facts(made.contract()) == ["s <= 5  (too long)"]


def test_declared_relations_allow_what_follows():
    made = traced(specs_of({"x": "a b _"}, ["a >= b", "a % 2 == 0"], x=zeros(6, 4, 8)))
    made.assume("b - a <= 0").assume("(a*3) % 2 == 0", PROGRAM).assume("a + 1 >= b")

    assert facts(made.contract()) == ["a % 2 == 0  (constraints)", "a >= b  (constraints)"]


@pytest.mark.parametrize(
    "fact", ["b == 2", "b <= 9", "b != 3", "b % 2 == 0", "b == s", "b < s", "b*s <= 100"]
)
def test_strict_dims_are_not_narrowed(fact):
    for kind in (OPERATOR, PROGRAM):
        made = traced(specs_of({"x": {0: Dim("b"), 1: Dim("s")}}, x=zeros(2, 4, 8)))
        with pytest.raises(Specialized):
            made.assume(fact, kind).contract()


def test_dynamic_without_a_name_is_strict_too():
    made = traced(specs_of({"x": {0: Dim.DYNAMIC}}, x=zeros(2, 4, 8)))
    with pytest.raises(Specialized, match=r"x.shape\[0\] == 2"):
        made.assume("s0 == 2").contract()


def test_through_another_dim():
    """A named dim is not pinned by way of one that may be."""
    made = traced(specs_of({"x": "b ? _"}, x=zeros(4, 4, 8)))
    with pytest.raises(Specialized, match="b == 4"):
        made.assume("s0 == b").assume("s0 == 4").contract()


def test_together():
    """Several lines that are fine one by one may not pin a named dim together."""
    made = traced(specs_of({"x": "b ? _"}, x=zeros(4, 4, 8)))
    with pytest.raises(Specialized, match="b <= 10"):
        made.assume("b <= s0").assume("s0 <= 10").contract()

    made = traced(specs_of({"x": "b ? _"}, x=zeros(4, 3, 8)))
    with pytest.raises(Specialized, match="b >= 1"):
        made.assume("s0 == b - 1").contract()
    contract = made.assume("b >= 1", CHECK).contract()
    assert facts(contract) == ["x.shape[1] == b - 1"], "no size is negative"
    assert str(contract.ranges[symbol("b")]) == "[1, oo]"


def test_contradictory_checks():
    made = traced(specs_of({"x": "a _ _"}, x=zeros(2, 4, 8)))
    with pytest.raises(Unsupported, match="can never hold") as caught:
        made.assume("a < 3", CHECK).assume("a > 5", CHECK).contract()
    assert "a <= 2" in caught.value.why
    assert caught.value.instead


def test_a_check_against_a_declared_range():
    made = traced(specs_of({"x": {0: Dim("a", max=4)}}, x=zeros(2, 4, 8)))
    with pytest.raises(Unsupported) as caught:
        made.assume("a > 5", CHECK).contract()
    assert "a <= 4" in caught.value.why


def test_data_dependent_facts_are_deferred():
    """The check at the call cannot see values that appear only later."""
    made = traced(specs_of({"x": "b _ _"}, x=zeros(2, 4, 8)))
    made.scope.declare("u0", lo=0, hi=9)
    contract = made.assume("u0 <= b", CHECK).contract()

    assert not contract.assumptions
    assert [a.fact for a in contract.deferred] == [le(symbol("u0"), symbol("b"))]
    assert str(contract.ranges[symbol("u0")]) == "[0, 9]"
    assert accepts(contract, [zeros(0, 4, 8)])


def test_facts_on_inputs_stay():
    made = traced(specs_of(x=zeros(2, 4, 8), y=zeros(1)))
    made.assume(Property("x", "requires_grad", False)).assume(SameObject("x", "y", False))

    assert facts(made.contract()) == ["x.requires_grad is False", "x is not y"]


def test_ranges_are_handed_on():
    """A dim that equals another is inside the other's range too."""
    contract = auto("s1 == s0", shapes={"x": {0: Dim.AUTO, 1: Dim.AUTO(max=5)}}, x=zeros(4, 4))

    assert str(contract.ranges[symbol("s0")]) == "[0, 5]"
    assert not accepts(contract, [zeros(6, 6)])
    assert accepts(contract, [zeros(5, 5)])


def test_a_dim_that_several_lines_leave_one_value_is_given_up():
    """The contract says which value, the inputs have it, and the last of the lines is the reason."""
    contract = auto("s0 <= 6", "s0 + s1 >= 12", "s1 <= 6", shapes={"x": "? ?"}, x=zeros(6, 6))

    assert facts(contract) == ["x.shape[1] == 6", "x.shape[0] == 6"]
    assert [spec.text for spec, _ in contract.given_up] == ["x.shape[0]", "x.shape[1]"]
    assert contract.inputs[0].dims == (6, 6)
    assert not contract.ranges


def test_derived_sizes_are_sizes():
    """What is declared as `n - 1` is never negative, so `n >= 1` is no assumption."""
    made = traced(specs_of({"x": "n", "y": "n-1"}, x=zeros(4), y=zeros(3))).assume("n >= 1")
    contract = made.contract()

    assert facts(contract) == []
    assert str(contract.ranges[symbol("n")]) == "[1, oo]"
    with pytest.raises(SpecError, match="never holds"):
        traced(specs_of({"n": Dim("n", min=3), "x": "2-n"}, n=5, x=TensorSpec("2-n")))


def test_length():
    contract = auto("s0 <= 5")
    assert len(contract) == len(contract.lines()) == 2
    assert bool(auto(shapes=[None], x=1))


def test_an_integer_that_is_passed_may_be_negative():
    contract = auto("s0 >= -3", shapes={"n": Dim.AUTO}, n=-2)

    assert facts(contract) == ["n >= -3"]
    assert accepts(contract, [-3])
    assert not accepts(contract, [-4])


SYMBOLS = [symbol("s0"), symbol("s1"), symbol("s2")]
atoms = st.sampled_from(SYMBOLS) | st.integers(0, 4).map(integer)
sums = st.builds(lambda a, k, b: add(mul(k, a), b), atoms, st.integers(-3, 3), atoms)
sizes = st.one_of(
    sums,
    st.builds(lambda a, k: floordiv(a, k), sums, st.integers(1, 4)),
    st.builds(lambda a, k: mod(a, k), sums, st.integers(1, 4)),
    st.builds(lambda a, b: mul(a, b), atoms, atoms),
    st.builds(lambda a, b: sub(a, b), sums, sums),
)
comparisons = st.builds(lambda f, a, b: f(a, b), st.sampled_from([eq, eq, ne, le, lt, ge]), sizes, sizes)
random_facts = comparisons | st.builds(
    lambda f, a, b: f(a, b), st.sampled_from([and_, or_]), comparisons, comparisons
)


@given(
    st.tuples(*[st.integers(0, 5)] * 3),
    st.lists(random_facts, max_size=6),
    st.sampled_from([OPERATOR, CHECK]),
)
def test_the_check_accepts_exactly_what_was_assumed(example, assumed, kind):
    """For all small sizes: the call is accepted if and only if every assumption holds, dropped lines included."""
    hints = dict(zip(SYMBOLS, example))
    assumed = [fact for fact in assumed if evaluate(fact, hints) and not fact.is_const]
    made = traced(
        specs_of(
            {"x": "?", "y": "?", "z": "?"}, x=zeros(example[0]), y=zeros(example[1]), z=zeros(example[2])
        )
    )
    for fact in assumed:
        made.assume(fact, kind)
    contract = made.contract()

    from fullgraph.contract import compile_check

    check = compile_check(contract)
    tensors = [zeros(n) for n in range(6)]
    for values in itertools.product(range(6), repeat=3):
        expected = all(evaluate(fact, dict(zip(SYMBOLS, values))) for fact in assumed)
        try:
            check([tensors[v] for v in values])
        except ValueError:
            accepted = False
        else:
            accepted = True
        assert accepted == expected, (values, contract.lines())
        if accepted:
            for item, value in zip(contract.inputs, values):
                (size,) = item.dims
                assert (
                    size if isinstance(size, int) else evaluate(size, dict(zip(SYMBOLS, values)))
                ) == value


def test_what_a_refused_line_narrows_in_turn_is_no_refusal_of_its_own():
    """`s1 == 2` was relied on, `s0 <= s1` is the program's own check: nothing is said of `s0`."""
    x, y = zeros(1), zeros(2)
    made = traced(specs_of({"x": "s0", "y": "s1"}, x=x, y=y))
    made.assume(eq(SYMBOLS[1], 2))
    made.assume(le(*SYMBOLS[:2]), CHECK)
    with pytest.raises(Specialized, match="only works if s1 == 2") as caught:
        made.contract()
    assert "s0" not in caught.value.what


@given(
    st.tuples(*[st.integers(0, 5)] * 3),
    st.lists(random_facts, max_size=3),
    st.lists(random_facts, max_size=3),
)
def test_named_dims_are_dynamic_or_refused(example, checked, assumed):
    """If an export is not refused, all that the user wants is accepted, and satisfies what the trace relied on."""
    hints = dict(zip(SYMBOLS, example))
    checked, assumed = (
        [f for f in facts if evaluate(f, hints) and not f.is_const] for facts in (checked, assumed)
    )
    x, y, z = map(zeros, example)
    made = traced(specs_of({"x": "s0", "y": "s1", "z": "s2"}, x=x, y=y, z=z))
    for fact in assumed:
        made.assume(fact)
    for fact in checked:
        made.assume(fact, CHECK)
    try:
        contract = made.contract()
    except Specialized:
        return
    for values in itertools.product(range(6), repeat=3):
        sizes = dict(zip(SYMBOLS, values))
        wanted = all(evaluate(fact, sizes) for fact in checked)
        assert accepts(contract, [zeros(v) for v in values]) == wanted
        assert not wanted or all(evaluate(fact, sizes) for fact in assumed)
