"""Reshaping and slicing with symbolic sizes: right at every size, and nothing asked that need not be."""

from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import render
from fullgraph.tracing.rules.dims import minus, plus, times
from tests.tracing.rules.support import Examples, StandIn, agree, predict

aten = torch.ops.aten
BOUNDS = st.one_of(st.none(), st.integers(-6, 6), st.just(sys.maxsize))


def text(predicted) -> list[str]:
    return [str(size) if isinstance(size, int) else render(size) for size in predicted.dims]


@given(BOUNDS, BOUNDS, st.integers(1, 4))
def test_slice_with_constant_bounds_asks_nothing(start, end, step):
    """Any bounds are legal for any length, so none of them may narrow it."""
    _, assumed = agree(lambda t, n: (aten.slice.Tensor, (t(n), 0, start, end, step)), n=4, largest=9)
    assert assumed == []


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_slice_with_symbolic_bounds_asks_nothing(offset, shift):
    """Bounds may be negative at some sizes and positive at others."""
    _, assumed = agree(
        lambda t, n, m: (aten.slice.Tensor, (t(n), 0, plus(m, offset), plus(n, shift))), n=4, m=3
    )
    assert assumed == []


def test_last_elements_by_a_symbol():
    """`x[-m:]` is all of x when m is 0, as in Python."""
    _, assumed = agree(lambda t, n, m: (aten.slice.Tensor, (t(n), 0, minus(0, m))), n=4, m=3)
    assert assumed == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, sys.maxsize, "n"), (1, None, "max(0, n - 1)"), (-2, None, "min(2, n)"), (None, 5, "min(5, n)")],
)
def test_slice_reads_well(start, end, expected):
    predicted, _ = agree(lambda t, n: (aten.slice.Tensor, (t(n), 0, start, end)), n=4, largest=9)
    assert text(predicted) == [expected]


@pytest.mark.parametrize(
    "call",
    [
        lambda t, n, m: (aten.view.default, (t(n, m, 6), [n, m, 2, 3])),
        lambda t, n, m: (aten.view.default, (t(n, m, 6), [n, m, -1, 3])),
        lambda t, n, m: (aten.view.default, (t(n, m, 6), [n, -1])),
        lambda t, n, m: (aten.view.default, (t(n, m, 6), [-1, 6])),
        lambda t, n, m: (aten.reshape.default, (t(n, m, 6), [times(n, m), 6])),
        lambda t, n, m: (aten.reshape.default, (t(n, times(2, m)), [n, 2, -1])),
        lambda t, n, m: (aten.reshape.default, (t(n, m), [-1])),
        lambda t, n, m: (aten.flatten.using_ints, (t(n, m, 6), 1, 2)),
        lambda t, n, m: (aten.unflatten.int, (t(times(n, 3), m), 0, [-1, 3])),
        lambda t, n, m: (aten.permute.default, (t(n, m, 6), [2, -3, 1])),
        lambda t, n, m: (aten.movedim.int, (t(n, m, 6), 0, -1)),
        lambda t, n, m: (aten.unsqueeze.default, (t(n, m), -1)),
        lambda t, n, m: (aten.select.int, (t(n, m), 1, -1)),
        lambda t, n, m: (aten.diagonal.default, (t(n, m), 1)),
        lambda t, n, m: (aten.diagonal.default, (t(n, m), -2)),
        lambda t, n, m: (aten.unfold.default, (t(n, m), 0, 2, 3)),
        lambda t, n, m: (aten.expand.default, (t(1, n), [m, n])),
        lambda t, n, m: (aten.expand.default, (t(n), [m, -1])),
        lambda t, n, m: (aten.narrow.default, (t(n, 4), 1, -2, 2)),
        lambda t, n, m: (aten.narrow.default, (t(n, 4), 0, m, 1)),
        lambda t, n, m: (aten.squeeze.dim, (t(n, 1, m), 1)),
    ],
)
def test_rearranging_asks_nothing(call):
    """Batch 0 and 1 are as good as any other size: the operator itself raises where it must."""
    _, assumed = agree(call, n=2, m=3)
    assert assumed == []


def test_view_relies_on_divisibility():
    _, assumed = agree(lambda t, n: (aten.view.default, (t(n), [-1, 4])), n=8, largest=20)
    assert assumed == ["n % 4 == 0"]


def test_view_relies_on_equal_numbers_of_elements():
    predicted, assumed = agree(lambda t, n, m: (aten.view.default, (t(n, 2), [m, 3])), n=3, m=2, largest=9)
    assert text(predicted) == ["m", "3"]
    assert len(assumed) == 1


def test_squeeze_depends_on_the_size():
    """How many dims are left differs, so the answer is a line of the contract."""
    predicted, assumed = agree(lambda t, n, m: (aten.squeeze.default, (t(n, m, 1),)), n=1, m=3)
    assert text(predicted) == ["m"]
    assert assumed == ["n == 1", "m != 1"]


def test_expand_of_a_symbol_to_a_constant_prefers_equality():
    predicted, assumed = agree(lambda t, n: (aten.expand.default, (t(n), [4])), n=4)
    assert text(predicted) == ["4"]
    assert assumed == ["n == 4"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ((aten.view.default, (StandIn((2, 3)), [4, 2])), RuntimeError),
        ((aten.view.default, (StandIn((2, 3)), [-1, 4])), RuntimeError),
        ((aten.view.default, (StandIn((2, 3)), [-1, -1])), RuntimeError),
        ((aten.view.default, (StandIn((0, 3)), [-1, 0])), RuntimeError),
        ((aten.expand.default, (StandIn((2, 3)), [3, 3])), RuntimeError),
        ((aten.expand.default, (StandIn((2, 3)), [3])), RuntimeError),
        ((aten.transpose.int, (StandIn((2, 3)), 0, 2)), IndexError),
        ((aten.select.int, (StandIn((2, 3)), 0, 2)), IndexError),
        ((aten.slice.Tensor, (StandIn((2, 3)), 2)), IndexError),
        ((aten.permute.default, (StandIn((2, 3)), [0, 0])), RuntimeError),
        ((aten.unsqueeze.default, (StandIn((2, 3)), 3)), IndexError),
        ((aten.narrow.default, (StandIn((2, 3)), 0, 1, 2)), RuntimeError),
        ((aten.split_with_sizes.default, (StandIn((2, 3)), [1, 3], 1)), RuntimeError),
    ],
)
def test_errors_are_those_of_eager(call, error):
    """The kind of error is eager's, at the trace already."""
    op, args = call
    with pytest.raises(error):
        predict(op, args, {})
    with pytest.raises(error):
        op(*[torch.zeros(a.dims) if isinstance(a, StandIn) else a for a in args])


def _sizes_of_pieces(predicted) -> list[list[str]]:
    return [text(piece) for piece in predicted]


@pytest.mark.parametrize(
    "call",
    [
        lambda t, n, m: (aten.split.Tensor, (t(4, n), 3)),
        lambda t, n, m: (aten.split_with_sizes.default, (t(plus(n, m)), [n, m])),
        lambda t, n, m: (aten.chunk.default, (t(times(3, n), m), 3)),
        lambda t, n, m: (aten.tensor_split.sections, (t(n, m), 3)),
        lambda t, n, m: (aten.tensor_split.indices, (t(n, m), [1, 3])),
        lambda t, n, m: (aten.unbind.int, (t(n, 3), 1)),
    ],
)
def test_splitting_asks_nothing_when_the_number_of_pieces_is_known(call):
    _, assumed = agree(call, n=4, m=3)
    assert assumed == []


def test_split_by_a_symbol_relies_on_it_being_positive():
    """Of nothing, `split(0)` makes one piece instead of three."""
    predicted, assumed = agree(lambda t, n: (aten.split.Tensor, (t(times(3, n)), n)), n=2)
    assert _sizes_of_pieces(predicted) == [["n"]] * 3
    assert assumed == ["n >= 1"]


def test_chunk_relies_on_the_number_of_pieces():
    predicted, assumed = agree(lambda t, n: (aten.chunk.default, (t(n), 2)), n=5, largest=12)
    assert len(predicted) == 2
    assert len(assumed) == 1


def test_split_of_an_unknown_number_of_pieces_is_declined():
    examples = Examples()
    n = examples.scope.declare("n", hint=6)
    assert predict(aten.split.Tensor, (StandIn((n,)), 2), {}, examples.scope) is None
    assert predict(aten.unbind.int, (StandIn((n,)),), {}, examples.scope) is None


def test_a_requested_size_that_could_be_minus_one_is_asked_about():
    """-1 means something else than the number."""
    _, assumed = agree(lambda t, n: (aten.view.default, (t(minus(n, 1)), [minus(n, 1)])), n=6)
    assert assumed == ["n >= 1"]


def test_dims_of_indices_stand_in_front_when_a_dim_lies_between():
    """`x[i, :, j]` begins with the dims of the indices, `x[:, i, j]` has them where they stood."""

    def apart(t, n, m):
        return aten.index.Tensor, (t(5, n, 5), [None, None, t(m, dtype=torch.int64)])

    def between(t, n, m):
        return aten.index.Tensor, (
            t(n, 5, 5, 5),
            [None, t(m, dtype=torch.int64), None, t(m, dtype=torch.int64)],
        )

    assert text(agree(apart, n=2, m=3)[0]) == ["5", "n", "m"]
    assert text(agree(between, n=2, m=3)[0]) == ["m", "n", "5"]
