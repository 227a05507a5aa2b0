"""`examples=`: what differs is dynamic, and every example satisfies what was said."""

import pytest

from fullgraph.contract import Dim, DimKind
from fullgraph.errors import SpecError, Specialized
from tests.contract.support import dims_of, facts, specs_of, traced, zeros


def test_what_differs_is_dynamic():
    """Sizes and integers that differ get symbols; the rest stays static."""
    specs = specs_of(examples=[{"x": zeros(3, 4), "n": 1, "f": 0.5}], x=zeros(2, 4), n=7, f=0.5)

    assert dims_of(specs) == ["s0 4"]
    assert list(specs.scalars) == [1]
    assert all(s.kind is DimKind.AUTO for s in specs.symbols)
    assert [sorted(sample.values()) for sample in specs.samples] == [[2, 7], [1, 3]]


def test_specs_go_first():
    """A dim that has a spec keeps it, and each example has to satisfy it."""
    examples = [{"x": zeros(3, 4)}]

    assert dims_of(specs_of({"x": "b _"}, examples=examples, x=zeros(2, 4))) == ["b 4"]
    with pytest.raises(SpecError, match="`b` is 3 in example 2, which is outside its own range"):
        specs_of({"x": {0: Dim("b", max=2)}}, examples=examples, x=zeros(2, 4))
    with pytest.raises(SpecError, match="said to be 2 and different sizes in the examples"):
        specs_of({"x": {0: 2}}, examples=examples, x=zeros(2, 4))


@pytest.mark.parametrize(
    ("example", "what"),
    [
        (
            {"x": zeros(2, 4, 1), "flag": True},
            "`x` is a torch.float32 tensor with 3 dims on cpu in example 2",
        ),
        ({"x": zeros(2, 4).long(), "flag": True}, "torch.int64"),
        ({"x": zeros(2, 4), "flag": 1}, "`flag` is 1 in example 2, but True in the first"),
        ({"x": None, "flag": True}, "`x` is None in example 2"),
        ({"x": zeros(2, 4)}, "does not have the inputs of the first: flag"),
    ],
)
def test_only_sizes_may_differ(example, what):
    with pytest.raises(SpecError) as caught:
        specs_of(examples=[example], x=zeros(2, 4), flag=True)
    assert what in caught.value.what
    assert caught.value.instead


def test_an_assumption_must_hold_of_every_example():
    """A dim that differs between examples may be narrowed, but not so far that an example is lost."""
    specs = specs_of(examples=[{"x": zeros(6)}], x=zeros(2))

    assert facts(traced(specs).assume("s0 % 2 == 0").contract()) == ["x.shape[0] % 2 == 0"]
    with pytest.raises(Specialized, match="example 2 does not satisfy"):
        traced(specs).assume("s0 <= 4").contract()


def test_advice_where_an_example_is_excluded():
    """What is said of a dim without a name cannot be stated; and no spec lets the example in."""
    specs = specs_of(examples=[{"x": zeros(6)}], x=zeros(2))
    with pytest.raises(Specialized) as caught:
        traced(specs).assume("s0 <= 4").contract()

    assert caught.value.instead == "one export without example 2, and another for it"


def test_an_example_without_a_solution_is_named():
    with pytest.raises(SpecError, match=r"`x.shape\[0\]` is 7 in example 2, but the spec says it is 2\*a"):
        specs_of({"x": "2*a"}, examples=[{"x": zeros(7)}], x=zeros(6))
