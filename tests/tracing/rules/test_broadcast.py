"""Broadcasting symbols: decided by what the operator does, and asked only when the ways differ."""

from __future__ import annotations

import pytest
import torch

import fullgraph
from fullgraph.symbolic import min_, render
from fullgraph.tracing.rules.dims import plus, times
from tests.tracing.rules.support import Examples, StandIn, agree, predict

aten = torch.ops.aten


def add(*shapes):
    return lambda t, **sizes: (
        aten.add.Tensor,
        [t(*(sizes.get(size, size) for size in shape)) for shape in shapes],
    )


def dims(predicted) -> list[str]:
    return [str(size) if isinstance(size, int) else render(size) for size in predicted.dims]


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ((["n", 3], ["n", 3]), ["n", "3"]),
        ((["n", 3], [1, 3]), ["n", "3"]),
        ((["n", 3], [3]), ["n", "3"]),
        ((["n", 3], []), ["n", "3"]),
        ((["n", 1], [1, "m"]), ["n", "m"]),
        (([1], ["n", "m", 1]), ["n", "m", "1"]),
    ],
)
def test_nothing_is_asked_when_there_is_one_way(shapes, expected):
    """Sizes 0 and 1 are not special: a symbol with a 1 is the symbol."""
    predicted, assumed = agree(add(*shapes), n=2, m=3)
    assert dims(predicted) == expected
    assert assumed == []


@pytest.mark.parametrize(
    ("hints", "expected", "expected_assumptions"),
    [
        ({"n": 3}, ["3"], ["n == 3"]),
        ({"n": 1}, ["3"], ["n == 1"]),
    ],
)
def test_a_symbol_with_a_constant(hints, expected, expected_assumptions):
    predicted, assumed = agree(add(["n"], [3]), **hints)
    assert dims(predicted) == expected
    assert assumed == expected_assumptions


@pytest.mark.parametrize(
    ("hints", "expected", "line"),
    [
        ({"n": 4, "m": 4}, ["n"], "n == m"),
        ({"n": 1, "m": 4}, ["m"], "n == 1"),
        ({"n": 4, "m": 1}, ["n"], "m == 1"),
    ],
)
def test_a_symbol_with_another(hints, expected, line):
    """What the example says is all that is relied on; each way is right for all sizes that are left."""
    predicted, assumed = agree(add(["n"], ["m"]), **hints)
    assert dims(predicted) == expected
    assert assumed == [line]


def test_a_table_that_is_sliced_limits_the_size():
    """`x + table[:n]` reads as an upper bound, not as an equation with `min`."""

    def call(t, n):
        length = min(n, 4) if isinstance(n, int) else min_(n, 4)
        return aten.add.Tensor, (t(n), t(length))

    predicted, assumed = agree(call, n=3, largest=7)
    assert dims(predicted) == ["n"]
    assert assumed == ["n <= 4"]


def test_what_is_known_is_used():
    """A size that cannot be 1 or equal leaves one way, and nothing is asked."""
    examples = Examples()
    n = examples.scope.declare("n", lo=2, hint=5)
    out = predict(aten.add.Tensor, (StandIn((n,)), StandIn((plus(n, 0),))), {}, examples.scope)
    assert out.dims == (n,)
    assert not examples.assumptions


def test_equal_sizes_stay_known():
    """After one `add` the sizes are equal, so the second asks nothing."""
    examples = Examples()
    n, m = (examples.scope.declare(name, hint=5) for name in "nm")
    for _ in range(2):
        predict(aten.add.Tensor, (StandIn((n,)), StandIn((m,))), {}, examples.scope)
    assert len(examples.assumptions) == 1


def test_without_an_example_both_ways_stay_open():
    """A size that only run time knows may be the constant or 1: the result is the same."""
    examples = Examples()
    n = examples.scope.declare("n")
    out = predict(aten.add.Tensor, (StandIn((n,)), StandIn((3,))), {}, examples.scope)
    assert out.dims == (3,)
    assert [render(each) for each in examples.assumptions] == ["n == 1 or n == 3"]


def test_what_must_agree_is_checked_without_an_example():
    examples = Examples()
    n, m = (examples.scope.declare(name) for name in "nm")
    predict(aten.mm.default, (StandIn((2, n)), StandIn((m, 3))), {}, examples.scope)
    assert [render(each) for each in examples.assumptions] == ["n == m"]


def test_sizes_that_never_fit_raise_as_eager():
    examples = Examples()
    n = examples.scope.declare("n", hint=5)
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        predict(aten.add.Tensor, (StandIn((plus(times(2, n), 2),)), StandIn((3,))), {}, examples.scope)
    with pytest.raises(
        RuntimeError, match=r"The size of tensor a \(2\) must match the size of tensor b \(3\)"
    ):
        predict(aten.add.Tensor, (StandIn((4, 2)), StandIn((4, 3))), {})


# With a tensor, and with a Python number.
OPERATORS = {
    "add": (aten.add.Tensor, aten.add.Tensor),
    "div": (aten.div.Tensor, aten.div.Tensor),
    "pow": (aten.pow.Tensor_Tensor, aten.pow.Tensor_Scalar),
    "eq": (aten.eq.Tensor, aten.eq.Scalar),
    "where": (aten.where.self, aten.where.ScalarOther),
}


@pytest.mark.parametrize("first", [torch.float16, torch.float32, torch.int64, torch.bool, torch.complex64])
@pytest.mark.parametrize("second", [torch.bfloat16, torch.float64, torch.int32, torch.uint8, 2, 2.5, True])
@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("name", OPERATORS)
def test_promotion_is_pytorchs(first, second, rank, name):
    """Python numbers, scalars and tensors promote as in eager, whatever their order."""
    if name == "pow" and first == torch.bool and second is True:
        pytest.skip("PyTorch's meta kernel says int64 here, its CPU kernel bool")
    one = torch.ones((2,) * rank, dtype=first)
    other = torch.ones((), dtype=second) if isinstance(second, torch.dtype) else second
    op = OPERATORS[name][not isinstance(other, torch.Tensor)]
    args = (torch.ones(2, dtype=torch.bool), one, other) if name == "where" else (one, other)
    expected = op(*args)
    given = [StandIn(tuple(a.shape), a.dtype) if isinstance(a, torch.Tensor) else a for a in args]
    out = predict(op, given, {})
    assert (out.dims, out.dtype) == (tuple(expected.shape), expected.dtype)


def test_promotion_follows_the_default_dtype():
    """Dividing integers gives the default dtype of the moment, not of the first time."""
    given = (StandIn((2,), torch.int64), 2)
    assert predict(aten.div.Tensor, given, {}).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert predict(aten.div.Tensor, given, {}).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x + x[:, :4],
        lambda x: torch.cat([x, x.T]),
        lambda x: x.expand(x.shape[1], x.shape[1]),
    ],
)
def test_what_eager_raises_for_the_example_has_its_numbers(program):
    example = torch.ones(4, 6)
    with pytest.raises(RuntimeError) as eager:
        program(example)
    with pytest.raises(RuntimeError) as ours:
        fullgraph.export(program, (example,), dynamic_shapes={"x": "? ?"})

    assert str(ours.value).split(".  Target")[0] in str(eager.value)
