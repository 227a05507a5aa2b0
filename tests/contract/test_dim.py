"""`Dim`: names, ranges, arithmetic, comparisons, and the dims of `torch.export`."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import fullgraph
from fullgraph.contract import Dim, DimKind, Relation, Sizes, TensorSpec, dynamic_dim
from fullgraph.contract.dim import as_dim
from fullgraph.errors import ContractError, SpecError
from fullgraph.symbolic import evaluate, render, symbol

H = Dim("h")


def test_repr():
    """A dim prints as it is written."""
    assert repr(Dim("b")) == "Dim('b')"
    assert repr(Dim("b", min=2, max=8)) == "Dim('b', min=2, max=8)"
    assert repr(Dim("w", values=[1280, 640])) == "Dim('w', values=[640, 1280])"
    assert repr(2 * Dim("b") + 1) == "2*b + 1"
    assert repr(Dim.AUTO(max=9)) == "Dim.AUTO(max=9)"
    assert repr(Dim.DYNAMIC(values=[8, 4])) == "Dim.DYNAMIC(values=[4, 8])"
    assert repr(Dim.STATIC) == "Dim.STATIC"


@given(st.integers(0, 20), st.integers(1, 5), st.integers(-5, 5))
def test_arithmetic_is_pythons(value, factor, offset):
    """A derived dim has the size that Python computes."""
    d = Dim("d")
    derived = (factor * d + offset - 1, (d * factor) // 3, 7 - d, d + d, d - offset)
    expected = (factor * value + offset - 1, (value * factor) // 3, 7 - value, 2 * value, value - offset)

    assert tuple(evaluate(dim.expr, {symbol("d"): value}) for dim in derived) == expected


def test_equal_however_written():
    """Two dims are the same if their sizes always are."""
    a, b = Dim("a"), Dim("b")

    assert a + a == 2 * a
    assert a + b == b + a
    assert (4 * a) // 2 == 2 * a
    assert a != b
    assert a != 3
    assert len({a, Dim("a"), b}) == 2


def test_derived_dims_keep_ranges():
    """The range belongs to the name, wherever the dim is used."""
    assert (2 * Dim("h", max=4) * Dim("w")).sizes == {"h": Sizes(max=4), "w": Sizes()}


@pytest.mark.parametrize("name", ["", "2b", "a-b", "_", None, 3])
def test_names(name):
    with pytest.raises(SpecError, match="cannot name a dim"):
        Dim(name)


@pytest.mark.parametrize(
    "sizes",
    [
        {"min": 4, "max": 3},
        {"values": []},
        {"values": [2], "max": 3},
        {"max": True},
        {"min": 1.5},
        {"values": 4},
        {"values": [None, 2]},
        {"values": "48"},
    ],
)
def test_ranges_without_sizes(sizes):
    with pytest.raises(SpecError) as caught:
        Dim("b", **sizes)
    assert caught.value.instead


@pytest.mark.parametrize("sizes", [{"min": -5}, {"min": -5, "max": -1}, {"values": [-1, 3]}])
def test_negative_numbers_are_for_integers_and_not_for_sizes(sizes):
    def shifted(x, k):
        return x + k

    with pytest.raises(SpecError, match="of `n` has negative numbers"):
        fullgraph.export(shifted, (torch.ones(3), 1), dynamic_shapes={"x": {0: Dim("n", **sizes)}, "k": None})

    program = fullgraph.export(
        shifted, (torch.ones(3), -1), dynamic_shapes={"x": "n", "k": Dim("k", **sizes)}
    )
    assert torch.equal(program(torch.ones(2), -1), torch.zeros(2))
    with pytest.raises(ContractError):
        program(torch.ones(2), -6)


@pytest.mark.parametrize(
    ("derived", "text"),
    [
        (-H, "-h"),
        (32 // H, "32 // h"),
        (32 % H, "32 % h"),
        (3 - H, "3 - h"),
        (H * H, "h**2"),
        (H**2, "h**2"),
        (2**H, "2**h"),
        (H + np.int64(3), "h + 3"),
        (H * torch.tensor(2), "2*h"),
        (np.int32(2) * H, "2*h"),
        (H + torch.export.Dim("w"), "h + w"),
    ],
)
def test_further_derived_dims(derived, text):
    assert derived.name == text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: H // 0, "divided by zero"),
        (lambda: H % 0, "divided by zero"),
        (lambda: H / 2, "a size is an integer"),
        (lambda: H**-1, "a size is an integer"),
        (lambda: H * 1.5, "computed from dims and integers"),
        (lambda: H + True, "computed from dims and integers"),
        (lambda: H + Dim.AUTO, "computed from dims and integers"),
        (lambda: H >= None, "computed from dims and integers"),
        (lambda: pickle.dumps(dynamic_dim(torch.ones(2), 0)), "of one tensor"),
        (lambda: dynamic_dim(3, 0), "takes a tensor"),
        (lambda: dynamic_dim(torch.ones(2), "x"), "takes a tensor"),
    ],
)
def test_no_dims(wrong, words):
    with pytest.raises(SpecError, match=f"(?i){words}"):
        wrong()


@pytest.mark.parametrize("dim", [H, Dim("b", min=2, max=8), 2 * Dim("w", values=[4, 8]) + 1, Dim.AUTO(min=2)])
def test_dims_are_written_down_and_copied(dim):
    for again in (pickle.loads(pickle.dumps(dim)), copy.deepcopy(dim), copy.copy(dim)):
        assert again == dim
        assert repr(again) == repr(dim)
    assert pickle.loads(pickle.dumps(TensorSpec((dim, 3)))) == TensorSpec((dim, 3))


def test_copies_of_a_dim_of_a_tensor_are_of_that_tensor():
    x = torch.ones(3)
    d = dynamic_dim(x, 0)

    assert copy.deepcopy(d).places[render(d.expr)][0] is x


def test_names_are_read_as_python_reads_them():
    """The two spellings of `fi` are one name, in a text and in a `Dim`."""
    assert Dim("\N{LATIN SMALL LIGATURE FI}") == Dim("fi")


def test_two_ranges_for_a_name():
    with pytest.raises(SpecError, match="two ranges"):
        Dim("b", max=3) + Dim("b", min=2)


def test_comparisons_are_relations():
    """A comparison states something; it is not true or false."""
    a, b = Dim("a"), Dim("b", max=4)

    assert [render(r.fact) for r in (a >= b, a < b, a <= 4, a > 2 * b)] == [
        "b <= a",
        "a < b",
        "a <= 4",
        "2*b < a",
    ]
    assert (a >= b).sizes == {"a": Sizes(), "b": Sizes(max=4)}
    with pytest.raises(SpecError, match="truth value") as caught:
        assert 2 <= a <= 4
    assert "2 <= dim, dim <= 10" in caught.value.instead


def test_dynamic_dim():
    """`==` on a dim of an example states that two sizes are equal."""
    x = torch.zeros(3, 4)

    assert isinstance(dynamic_dim(x, 0) == dynamic_dim(x, 1), Relation)
    assert isinstance(dynamic_dim(x, -1) <= 10, Relation)
    assert dynamic_dim(x, -1).expr is dynamic_dim(x, 1).expr
    assert isinstance(2 * dynamic_dim(TensorSpec("a b"), 1) == 4, Relation)
    with pytest.raises(SpecError, match="beyond the rank"):
        dynamic_dim(x, 2)


def test_dims_of_torch_export():
    """`torch.export.Dim` objects mean what they mean there."""
    theirs = torch.export.Dim("b", min=2, max=8)

    assert as_dim(theirs) == Dim("b", min=2, max=8)
    assert as_dim(2 * theirs + 1) == 2 * Dim("b", min=2, max=8) + 1
    assert as_dim(torch.export.Dim("c")) == Dim("c")
    assert as_dim(torch.export.Dim.AUTO) == Dim.AUTO
    assert as_dim(torch.export.Dim.STATIC) == Dim.STATIC
    assert as_dim(torch.export.Dim.DYNAMIC(min=3, max=5)) == Dim.DYNAMIC(min=3, max=5)
    assert as_dim(torch.export.Dim.AUTO(3, 5)) == Dim.AUTO(3, 5)
    assert as_dim(Dim.AUTO).kind is DimKind.AUTO
    assert as_dim("b") is None
