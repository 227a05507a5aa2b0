"""`read_specs`: symbols, their values in the examples, and what contradicts them."""

import pytest
import torch

from fullgraph.contract import Dim, DimKind
from fullgraph.errors import SpecError
from fullgraph.symbolic import render
from tests.contract.support import TensorSpec, dims_of, facts, specs_of, traced, zeros
from tests.support import assert_same


def values(specs):
    return {render(s): v for s, v in specs.samples[0].items()}


def test_symbols_carry_the_users_names():
    """Unnamed dims are s0, s1, ... around the names that are taken."""
    specs = specs_of({"x": ("s0", Dim.AUTO, Dim.DYNAMIC)}, x=zeros(2, 3, 4))

    assert dims_of(specs) == ["s0 s1 s2"]
    assert [(s.text, s.kind, s.is_strict) for s in specs.symbols] == [
        ("s0", DimKind.NAMED, True),
        ("x.shape[1]", DimKind.AUTO, False),
        ("x.shape[2]", DimKind.DYNAMIC, True),
    ]


@pytest.mark.parametrize(
    ("shapes", "arguments", "expected"),
    [
        ({"x": "2*d"}, {"x": zeros(6)}, {"d": 3}),
        ({"x": "3*d+1"}, {"x": zeros(7)}, {"d": 2}),
        ({"x": "8-d"}, {"x": zeros(6)}, {"d": 2}),
        ({"x": "d//2 d"}, {"x": zeros(3, 7)}, {"d": 7}),
        ({"x": "h*w w 2*h"}, {"x": zeros(6, 3, 4)}, {"h": 2, "w": 3}),
        ({"x": "a a+b"}, {"x": zeros(2, 5)}, {"a": 2, "b": 3}),
        ({"x": "a+b+c a+b a"}, {"x": zeros(9, 5, 2)}, {"a": 2, "b": 3, "c": 4}),
        ({"x": "0*d d"}, {"x": zeros(0, 7)}, {"d": 7}),
    ],
)
def test_symbols_are_computed_from_sizes(shapes, arguments, expected):
    """A size in which a symbol is linear gives its value."""
    assert values(specs_of(shapes, **arguments)) == expected


@pytest.mark.parametrize("shape", ["d//2", "h*w", "d%4", "a+b"])
def test_symbols_that_no_size_determines(shape):
    with pytest.raises(SpecError, match="cannot be computed from") as caught:
        specs_of({"x": shape}, x=zeros(6))
    assert caught.value.instead


@pytest.mark.parametrize(
    ("shapes", "what"),
    [
        ({"x": "b _", "y": "b"}, r"`y.shape[0]` is 4 in the example, but the spec says b."),
        ({"x": "2*b+1 _"}, r"`x.shape[0]` is 2 in the example, but the spec says it is 2*b + 1."),
        ({"x": "b b+2"}, r"`x.shape[1]` is 3 in the example, but the spec says b + 2."),
        ({"x": {0: Dim("b", min=3)}}, "`b` is 2 in the example, which is outside its own range 3..oo."),
        ({"x": {0: Dim("b", values=[1, 4])}}, "outside its own range {1, 4}"),
        (
            {"x": {0: Dim.AUTO(max=1)}},
            "`x.shape[0]` is 2 in the example, which is outside its own range 0..1.",
        ),
        ({"x": {0: 5}}, "`x.shape[0]` is 2 in the example, but the spec says 5."),
        ({"x": {0: Dim.STATIC(min=3)}}, "`x.shape[0]` is 2 in the example"),
        ({"x": {0: Dim("b", max=5)}, "y": {0: Dim("b", max=6)}}, "given two ranges"),
    ],
)
def test_examples_contradict_specs(shapes, what):
    with pytest.raises(SpecError) as caught:
        specs_of(shapes, x=zeros(2, 3), y=zeros(4))
    assert what in caught.value.what
    assert caught.value.instead


def test_one_mention_with_a_range_is_enough():
    """A name without a range takes the range given elsewhere."""
    assert (
        specs_of({"x": "b _", "y": {0: Dim("b", max=9)}}, x=zeros(2, 3), y=zeros(2)).symbols[0].sizes.max == 9
    )


def test_integers_may_be_dynamic():
    """An integer argument has a symbol of its own, which may be negative, or one that is also a size."""
    specs = specs_of({"n": Dim.DYNAMIC, "k": "rows", "x": "rows"}, n=-3, k=4, x=zeros(4), m=5)

    assert {i: render(e) for i, e in specs.scalars.items()} == {0: "s0", 1: "rows"}
    assert values(specs) == {"s0": -3, "rows": 4}
    assert {s.text: str(s.range) for s in specs.symbols} == {"n": "[-oo, oo]", "rows": "[0, oo]"}
    assert traced(specs).scope.range_of(next(iter(specs.scalars.values()))).lo == float("-inf")


def test_nothing_said_is_static():
    specs = specs_of(x=zeros(2, 3), n=4, flag=True)

    assert specs.dims == ((2, 3), None, None)
    assert not specs.symbols
    assert not specs.scalars


def test_declare_gives_sizes_as_they_are_known():
    """Stated equalities are applied before the trace begins, in favour of names."""
    specs = specs_of({"x": "a b ?"}, ["b == 2*a"], x=zeros(2, 4, 5))
    made = traced(specs)

    assert dims_of(specs) == ["a b s0"]
    assert [render(d) for d in made.specs.declare(*_fresh())[0]] == ["a", "2*a", "s0"]
    assert made.ledger.is_dynamic(specs.symbols[0].symbol)
    assert not made.ledger.is_dynamic(specs.symbols[2].symbol)


def _fresh():
    from fullgraph.contract import Ledger
    from fullgraph.symbolic import Scope
    from tests.symbolic.support import NobodyAsked

    return Scope(NobodyAsked()), Ledger()


def test_dims_of_torch_export():
    """A spec written for torch.export is accepted as it is."""
    b = torch.export.Dim("b", min=2, max=64)
    specs = specs_of(
        {"x": {0: b, 1: torch.export.Dim.AUTO}, "y": (2 * b, None)}, x=zeros(2, 3), y=zeros(4, 1)
    )

    assert dims_of(specs) == ["b s0", "2*b 1"]
    assert specs.symbols[0].sizes.max == 64


@pytest.mark.parametrize(
    ("shapes", "sizes", "ranges"),
    [
        ({"x": "d-1"}, [3], {"d": "[1, oo]"}),
        ({"x": "8-d"}, [3], {"d": "[0, 8]"}),
        ({"x": "a", "y": "b", "z": "a-b"}, [5, 2, 3], {"a": "[0, oo]", "b": "[0, oo]"}),
        ({"x": "d", "y": "12//d"}, [5, 2], {"d": "[1, oo]"}),
        ({"x": "d", "y": "d%(d-3)"}, [5, 1], {"d": "[0, oo]"}),
    ],
)
def test_derived_sizes_are_sizes(shapes, sizes, ranges):
    """Every call has them, so none is negative and none divides by zero: no lines, and nothing to refuse."""
    specs = specs_of(shapes, **{name: zeros(size) for name, size in zip("xyz", sizes)})
    made = traced(specs)
    for fact in specs.implied:
        made.assume(fact)
    contract = made.contract()

    assert facts(contract) == []
    assert {render(s): str(r) for s, r in contract.ranges.items()} == ranges


def test_the_program_may_ask_whether_a_derived_size_is_negative():
    assert_same(
        lambda x, y: x[: y.shape[0]] if x.shape[0] >= y.shape[0] and y.shape[0] >= 0 else x + 1,
        (zeros(5), zeros(2)),
        [(zeros(3), zeros(0)), (zeros(9), zeros(6))],
        dynamic_shapes={"x": "a", "y": "a-3"},
    )


def test_derived_sizes_that_no_size_satisfies():
    with pytest.raises(SpecError, match="d >= 5 never holds") as caught:
        traced(specs_of(x=TensorSpec((Dim("d", max=3) - 5,))))
    assert caught.value.instead
