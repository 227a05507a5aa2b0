"""Linear conditions: the numbers that are found satisfy them, and where none are found, there are none."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fullgraph.symbolic.linear import ONE, GaveUp, Work, solution, value_of

MANY = settings(max_examples=max(400, settings.default.max_examples))
LARGEST = 7

rows = st.builds(
    lambda coefficients, constant: {
        x: c for x, c in {**dict(enumerate(coefficients)), ONE: constant}.items() if c or x == ONE
    },
    st.lists(st.integers(-5, 5), min_size=3, max_size=3),
    st.integers(-12, 12),
)
BOX = [row for x in range(3) for row in ({x: -1}, {x: 1, ONE: -LARGEST})]


@given(st.lists(rows, max_size=2), st.lists(rows, max_size=5))
@MANY
def test_against_brute_force(equal, at_most):
    """Within a box, a solution is found exactly if there is one, and it is one."""
    found = solution(equal, [*at_most, *BOX], Work(20000, 3))

    def satisfies(numbers):
        return all(value_of(row, numbers) == 0 for row in equal) and all(
            value_of(row, numbers) <= 0 for row in at_most
        )

    exists = any(
        satisfies(dict(enumerate(chosen))) for chosen in itertools.product(range(LARGEST + 1), repeat=3)
    )
    assert (found is not None) == exists
    assert found is None or (satisfies(found) and all(0 <= found.get(x, 0) <= LARGEST for x in range(3)))


@given(st.lists(rows, max_size=2), st.lists(rows, max_size=5))
@MANY
def test_without_a_box(equal, at_most):
    """Numbers of any size that are found are a solution."""
    found = solution(equal, at_most, Work(20000, 3))
    if found is not None:
        assert all(value_of(row, found) == 0 for row in equal)
        assert all(value_of(row, found) <= 0 for row in at_most)


def test_near_a_bound():
    """Where the shadows of the conditions leave it open, the few numbers near a bound are tried (Pugh's example)."""
    between = [
        {0: -11, 1: -13, ONE: 27},
        {0: 11, 1: 13, ONE: -45},
        {0: -7, 1: 9, ONE: -10},
        {0: 7, 1: -9, ONE: -4},
    ]

    assert solution([], between, Work(2000, 2)) is None
    between[1] = {0: 11, 1: 13, ONE: -60}
    assert solution([], between, Work(2000, 2)) is not None


def test_equalities_without_a_coefficient_of_one():
    assert solution([{0: 6, 1: 10, 2: 15, ONE: -1}], [], Work(100, 3)) is not None
    assert solution([{0: 6, 1: 10, ONE: -1}], [], Work(100, 3)) is None


def test_the_work_is_bounded():
    rows = [{x: 3, (x + 1) % 9: -5, (x + 4) % 9: 7, ONE: -x} for x in range(9)]
    with pytest.raises(GaveUp):
        solution([], [*rows, *({x: -c for x, c in row.items()} | {ONE: -40} for row in rows)], Work(50, 9))
