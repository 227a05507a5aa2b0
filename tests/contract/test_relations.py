"""`constraints=`: texts, `dynamic_dim`, and comparisons of dims."""

import pytest

from fullgraph.contract import Dim, compile_check, dynamic_dim
from fullgraph.errors import ContractError, SpecError
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


@pytest.mark.parametrize(
    ("constraint", "lines"),
    [
        ("0 < b < a <= 99", ["a <= 99", "b < a", "b >= 1"]),
        ("a >= b and a != 7", ["b <= a", "a != 7"]),
        ("a in {4, 16}", ["a in {4, 16}"]),
        ("a not in (7, 9)", ["a != 7", "a != 9"]),
        ("a>=b   # wider than high", ["a >= b"]),
        ("(a\n>= b)", ["a >= b"]),
    ],
)
def test_lines_read_as_they_were_written_and_say_one_thing_each(constraint, lines):
    specs = specs_of({"x": "a b"}, [constraint], x=zeros(4, 3))

    assert facts(traced(specs).contract()) == [f"{line}  (constraints)" for line in lines]


def test_a_rejected_call_is_told_what_was_written():
    contract = traced(specs_of({"x": "a b"}, ["a >= b"], x=zeros(4, 3))).contract()
    with pytest.raises(ContractError) as caught:
        compile_check(contract)([zeros(2, 3)])

    assert caught.value.what == "The program takes only inputs with a >= b."
    assert caught.value.why.startswith("a = 2 from x.shape[0], b = 3 from x.shape[1]")


@pytest.mark.parametrize("value", [2.5, True])
def test_floats_and_truth_values_have_no_constraints(value):
    """`k < 3` of an integer is `k <= 2`, which it is not of a float."""
    with pytest.raises(SpecError, match=f"names `k`, which is a {type(value).__name__}") as caught:
        specs_of({"k": "k"}, ["k < 3"], k=value)
    assert "torch._check" in caught.value.instead


@pytest.mark.parametrize("constraint", [Dim("a") == 2 * Dim("b"), Dim("a") == 4, Dim("a") % 2 != 1])
def test_equality_of_dims_is_written_as_text(constraint):
    with pytest.raises(SpecError, match="is no constraint") as caught:
        specs_of({"x": "a b"}, [constraint], x=zeros(4, 2))
    assert caught.value.instead == 'the same as text: constraints=["a == 2*b"]'
