"""A refusal names everything at once, and gives a spec that is accepted."""

import pytest
import torch

from fullgraph.contract import Dim, TensorSpec
from fullgraph.errors import Specialized
from fullgraph.source import origin_here
from tests.contract.support import OPERATOR, PROGRAM, specs_of, traced, zeros
from tests.support import assert_refused


def refused(made):
    with pytest.raises(Specialized) as caught:
        made.contract()
    return caught.value


def test_all_at_once():
    made = traced(specs_of({"x": "b s", "y": {0: Dim("t", max=9)}}, x=zeros(2, 4), y=zeros(4)))
    origin = origin_here()
    made.assume("b == 2", OPERATOR, origin, "aten.add").assume("t == s", PROGRAM, origin).assume("s <= 5")
    error = refused(made)

    assert error.what == "The program only works if 3 things hold of dims that are declared dynamic."
    lines = error.why.split("\n")
    assert len(lines) == 3
    assert "`t` is declared dynamic in 0..9" in lines[0]
    assert lines[1].startswith("b == 2  (test_refusal.py:")
    assert lines[1].endswith("but `b` is declared dynamic")
    assert error.where is not None
    assert error.where.file == __file__
    assert error.instead == "dynamic_shapes={'x': '2 s', 'y': 's'}, constraints=['s <= 9', 's <= 5']"


def test_dims_declared_alike_are_named_together():
    made = traced(specs_of({"x": "b s"}, x=zeros(2, 2)))

    assert refused(made.assume("b == s")).why == "b == s, but `b` and `s` are declared dynamic"


CASES = [
    ({"x": "b s"}, None, ["b == 2"], {"x": zeros(2, 4)}),
    ({"x": "b s"}, None, ["s == 2*b"], {"x": zeros(2, 4)}),
    ({"x": "b s"}, None, ["s <= 512", "s >= 2", "s % 4 == 0"], {"x": zeros(2, 4)}),
    ({"x": "b s", "y": "t"}, None, ["t == s", "s == 4"], {"x": zeros(2, 4), "y": zeros(4)}),
    ({"x": {0: Dim("b", min=1, max=9), 1: Dim.AUTO}}, None, ["b <= 5"], {"x": zeros(2, 4)}),
    ({"x": {0: Dim("b", values=[2, 4, 6])}}, None, ["b <= 5"], {"x": zeros(2, 4)}),
    ({"x": (Dim.DYNAMIC, Dim.DYNAMIC)}, None, ["s0 <= s1", "s1 != 1"], {"x": zeros(2, 4)}),
    ({"x": "a b"}, ["a <= b"], ["a == 2", "b >= 3"], {"x": zeros(2, 4)}),
    ({"x": "a b"}, ["a <= b"], ["2*b == 4*a + 0"], {"x": zeros(2, 4)}),
    ({"past.*": "b s"}, None, ["b == 2"], {"past": [zeros(2, 4), zeros(2, 4)]}),
    ({"n": "k", "x": "k _"}, None, ["k >= 2"], {"n": 2, "x": zeros(2, 4)}),
    ({"x": "2*b s"}, None, ["b <= s"], {"x": zeros(2, 4)}),
    ({}, None, ["b == 3"], {"x": TensorSpec("b 4")}),
]


@pytest.mark.parametrize(("shapes", "constraints", "assumed", "arguments"), CASES)
def test_the_spec_to_paste_is_accepted(shapes, constraints, assumed, arguments):
    """Reading the advice back gives specs under which the same trace is not refused."""
    made = traced(specs_of(shapes, constraints, **arguments))
    for fact in assumed:
        made.assume(fact)
    advice = refused(made).instead

    options = eval(f"dict({advice})")
    if any(isinstance(value, TensorSpec) for value in arguments.values()):
        arguments = {"x": TensorSpec("3 4")}
    again = traced(specs_of(**options, **arguments))
    known = {spec.text for spec in again.specs.symbols}
    for fact in assumed:
        if {str(s) for s in _symbols(fact)} <= known:
            again.assume(fact)
    again.contract()


@pytest.mark.parametrize(
    ("assumed", "accepted"),
    [
        (["a >= 2", "a >= 3", "a >= 5"], "dynamic_shapes={'x': 'a b'}, constraints=['a >= 5']"),
        (["a >= 5", "a <= 5"], "dynamic_shapes={'x': '5 b'}"),
        (["b == a - 1", "a >= 1"], "dynamic_shapes={'x': 'a a-1'}"),
        (["max(0, a - 1) >= 2"], "dynamic_shapes={'x': 'a b'}, constraints=['a >= 3']"),
        (
            ["a*b == 6*(a // 2)*(b // 3)"],
            "dynamic_shapes={'x': 'a b'}, constraints=['a % 2 == 0', 'b % 3 == 0']",
        ),
    ],
)
def test_the_spec_to_paste_is_short(assumed, accepted):
    sizes = (6, 6) if "*" in assumed[0] else (5, 4)
    made = traced(specs_of({"x": "a b"}, x=zeros(*sizes)))
    for fact in assumed:
        made.assume(fact)

    assert refused(made).instead == accepted


def test_of_a_set_of_sizes_the_one_that_is_left_is_pasted():
    made = traced(specs_of({"x": {0: Dim("b", values=[2, 4, 6])}}, x=zeros(6, 4)))

    assert refused(made.assume("b >= 5")).instead == "dynamic_shapes={'x': '6 _'}"


def _symbols(fact):
    from fullgraph.symbolic import parse

    return parse(fact).symbols


def test_what_follows_from_the_rest_is_not_named():
    """Also where an equality, which is looked at first, follows from a bound that is met later."""
    made = traced(specs_of({"x": "s p"}, x=zeros(2, 4)))
    made.assume("s == min(64, p + s) - min(64, p)", OPERATOR).assume("p + s <= 64", OPERATOR)

    error = refused(made)

    assert error.why == "p + s <= 64, but `s` and `p` are declared dynamic"
    assert error.instead == "dynamic_shapes={'x': 's p'}, constraints=['p + s <= 64']"


def _between(b, s, c):
    return s[: b.shape[0]] + b, c[: s.shape[0]] + s


def _joined(b, s, c):
    return torch.cat([b, s]) + c


@pytest.mark.parametrize("program", [_between, _joined])
def test_what_named_dims_are_to_each_other_by_way_of_another_is_refused(program):
    """Each line alone narrows only the dim under AUTO; together they say `b <= c`."""
    args = torch.ones(2), torch.ones(4), torch.ones(6)
    error = assert_refused(
        program, args, dynamic_shapes={"b": "b", "s": {0: Dim.AUTO}, "c": "c"}, kind=Specialized
    )

    assert error.instead == "dynamic_shapes={'b': 'b', 's': '?', 'c': 'c'}, constraints=['b <= c']"
