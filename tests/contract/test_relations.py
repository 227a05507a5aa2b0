"""`constraints=`: texts, `dynamic_dim`, and comparisons of dims."""

import pytest

from fullgraph.contract import Dim, dynamic_dim
from fullgraph.errors import SpecError
from tests.contract.support import accepts, dims_of, facts, specs_of, traced, zeros


def test_texts():
    """A relation between named dims is a line of the contract, and is checked."""
    specs = specs_of({"x": "a b"}, ["a >= b", "a % 2 == 0"], x=zeros(4, 3))
    contract = traced(specs).contract()

    assert facts(contract) == ["a % 2 == 0  (constraints)", "a >= b  (constraints)"]
    assert accepts(contract, [zeros(6, 6)])
    assert not accepts(contract, [zeros(6, 7)])
    assert not accepts(contract, [zeros(5, 5)])


def test_the_seed_page():
    """`dynamic_dim` makes a dim dynamic, bounds it, and states that two are equal."""
    x, y = zeros(3, 2), zeros(3, 5)
    specs = specs_of(
        None, [dynamic_dim(x, 0) <= 10, dynamic_dim(x, 0) == dynamic_dim(y, 0), dynamic_dim(y, 1)], x=x, y=y
    )
    contract = traced(specs).contract()

    assert dims_of(specs) == ["s0 2", "s1 s2"]
    assert [spec.text for spec in specs.symbols] == ["x.shape[0]", "y.shape[0]", "y.shape[1]"]
    assert contract.lines()[:2] == ("x: float32[s0, 2] on cpu", "y: float32[s0, s2] on cpu")
    assert accepts(contract, [zeros(10, 2), zeros(10, 1)])
    assert not accepts(contract, [zeros(11, 2), zeros(11, 1)])
    assert not accepts(contract, [zeros(4, 2), zeros(5, 1)])


def test_one_constraint_needs_no_list():
    x = zeros(3, 2)

    assert dims_of(specs_of(None, dynamic_dim(x, 0), x=x)) == ["s0 2"]
    assert dims_of(specs_of({"x": "a _"}, "a >= 1", x=x)) == ["a 2"]


def test_comparisons_of_dims():
    """Ranges that are said only in a constraint hold too."""
    n = Dim("n", max=5)
    specs = specs_of({"x": "n m"}, [n >= Dim("m")], x=zeros(3, 2))

    assert specs.symbols[0].sizes.max == 5
    assert not accepts(traced(specs).contract(), [zeros(6, 2)])


def test_with_names():
    """A dim may have a name and be spoken of through its tensor."""
    x = zeros(3, 2)
    specs = specs_of({"x": "n _"}, [dynamic_dim(x, 0) <= 4, "n >= 2"], x=x)

    assert not accepts(traced(specs).contract(), [zeros(5, 2)])
    assert not accepts(traced(specs).contract(), [zeros(1, 2)])


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        ("a >> ", "cannot be read"),
        ("a + 1", "states nothing"),
        ("a >= z", "names `z`, which is no dim"),
        ("a == 5", "does not hold in the example"),
        (3, "is no constraint"),
        (Dim("a"), "is no constraint"),
        (dynamic_dim(zeros(3), 0) <= 3, "no argument of the program"),
    ],
)
def test_refusals(constraint, what):
    with pytest.raises(SpecError) as caught:
        specs_of({"x": "a b"}, [constraint], x=zeros(4, 3))
    assert what in caught.value.what
    assert caught.value.instead


def test_a_tensor_passed_twice():
    x = zeros(3)
    with pytest.raises(SpecError, match="passed as `x` and `y`"):
        specs_of(None, [dynamic_dim(x, 0)], x=x, y=x)


def test_dynamic_and_exact():
    x = zeros(3)
    with pytest.raises(SpecError, match="said to be 3 and dynamic"):
        specs_of({"x": "3"}, [dynamic_dim(x, 0)], x=x)


def test_contradicting_constraints():
    """Without an example, contradictions are met when the trace begins."""
    from fullgraph.contract import TensorSpec

    specs = specs_of(None, ["a < 3", "a > 5"], x=TensorSpec("a 2"))
    with pytest.raises(SpecError, match="contradicts"):
        traced(specs)
