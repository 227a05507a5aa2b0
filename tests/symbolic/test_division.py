"""Floor division and modulo, exhaustively where their rules change over: random expressions rarely hit a border."""

import itertools

import pytest

from fullgraph.symbolic import add, evaluate, floordiv, max_, min_, mod, mul, symbol

X = symbol("s0")
OPERATIONS = {"//": (floordiv, lambda a, b: a // b), "%": (mod, lambda a, b: a % b)}


@pytest.mark.parametrize(("inner", "outer"), [*itertools.product(OPERATIONS, repeat=2)])
def test_a_quotient_or_remainder_of_one(inner: str, outer: str) -> None:
    """`(m*(x // j) + c) % k` and its like are Python's, for all small numbers and divisors of both signs."""
    first, python_first = OPERATIONS[inner]
    second, python_second = OPERATIONS[outer]
    for j, k, m, c in itertools.product((2, 3, 4, -3), (2, 3, 4, 6, -2), (1, 2, -1), range(-1, 5)):
        made = second(add(mul(m, first(X, j)), c), k)
        for x in range(13):
            assert evaluate(made, {X: x}) == python_second(m * python_first(x, j) + c, k)


def test_extremes_of_neighbours() -> None:
    """Of two that differ by a constant, the smaller and the larger are known."""
    for shift in range(-3, 4):
        other = add(X, shift)
        assert min_(X, other) is (other if shift < 0 else X)
        assert max_(X, other) is (other if shift > 0 else X)
