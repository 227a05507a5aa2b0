"""Sides of a branch that raise, or check, for some of their sizes: the contract rejects those and no others."""

from __future__ import annotations

import pytest
import torch

import fullgraph
from fullgraph import Specialized
from tests.support import assert_refused, assert_same, counted_traces

SIZES = [(torch.randn(n, 3),) for n in (0, 1, 2, 3, 5, 40)]


def test_a_side_that_raises_for_some_of_its_sizes_only_is_not_rejected_as_a_whole():
    """`x[:n] + y` raises for most sizes of the other side, and not where both have n rows: the graph is right there."""

    def shortened(x, y):
        if x.shape[0] > y.shape[0]:
            x = x[: y.shape[0]]
        return x + y

    args = torch.randn(8, 3), torch.randn(5, 3)
    error = assert_refused(
        shortened, args, dynamic_shapes={"x": "a _", "y": "b _"}, kind=Specialized, line="x + y"
    )

    assert error.instead == "dynamic_shapes={'x': 'a _', 'y': 'b _'}, constraints=['b <= a']"
    more = [(torch.randn(n, 3), torch.randn(m, 3)) for n, m in ((5, 5), (0, 0), (3, 1), (9, 2))]
    stated = {"dynamic_shapes": {"x": "a _", "y": "b _"}, "constraints": ["b <= a"]}
    assert_same(shortened, args, more, **stated, refused=[(torch.randn(3, 3), torch.randn(4, 3))])


def test_a_side_that_raises_for_one_answer_of_a_later_question_is_not_rejected_as_a_whole():
    """The contract names both questions, and the line of the second."""

    def program(x):
        if x.shape[0] > 4:
            return x * 2
        if x.shape[1] > 3:
            raise ValueError("too wide")
        return x * 2

    exported = assert_same(
        program,
        (torch.randn(8, 4),),
        [(torch.randn(n, m),) for n, m in ((2, 3), (9, 9), (4, 0), (0, 1))],
        dynamic_shapes={"x": "n m"},
        refused=[(torch.randn(4, 4),)],
    )

    (line,) = [line for line in exported.contract.lines() if " or " in line]
    assert line.startswith(("n >= 5 or m <= 3  (", "m <= 3 or n >= 5  ("))
    assert "x.shape[1] > 3" in line


def test_sizes_in_the_text_of_an_error_are_no_reason_to_go_on():
    def program(x):
        if x.shape[0] % 2:
            raise ValueError(f"{x.shape[0]} rows, and {x.shape[1]} columns")
        return x * 2

    exported = assert_same(
        program,
        (torch.randn(4, 3),),
        [SIZES[0], SIZES[2], SIZES[5]],
        dynamic_shapes={"x": "n m"},
        refused=[SIZES[1], SIZES[3]],
    )

    (line,) = [line for line in exported.contract.lines() if line.startswith("n ")]
    assert line.startswith("n % 2 == 0  (test_branching_sides.py:")


def test_a_check_on_the_other_side_holds_for_that_side_only():
    def program(x):
        if x.shape[0] <= 4:
            torch._check(x.shape[1] % 2 == 0)
        return x * 2

    exported = assert_same(
        program,
        (torch.randn(8, 4),),
        [(torch.randn(n, m),) for n, m in ((2, 2), (9, 3), (4, 0))],
        dynamic_shapes={"x": "n m"},
        refused=[(torch.randn(4, 3),), (torch.randn(0, 1),)],
    )

    (line,) = [line for line in exported.contract.lines() if " or " in line]
    assert line.startswith(("m % 2 == 0 or n >= 5  (", "n >= 5 or m % 2 == 0  ("))


def test_a_check_on_the_recorded_side_is_not_demanded_of_the_other():
    """Rejecting the other side's sizes would narrow `n` in silence."""

    def program(x):
        if x.shape[0] > 4:
            torch._check(x.shape[0] % 2 == 0)
        return x * 2

    error = assert_refused(program, (torch.randn(8, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)

    assert error.instead == "dynamic_shapes={'x': 'n _'}, constraints=['n >= 5']"


def test_a_check_that_implies_the_branch_does_not_allow_the_side_that_was_taken():
    """One row is taken by the program, and becomes two; so `y[2]` raises for two rows only."""

    def program(y):
        if y.shape[0] == 1:
            y = y.expand(3, -1)
        return y[2] * 2

    error = assert_refused(program, (torch.randn(6, 3),), dynamic_shapes={"y": "n _"}, kind=Specialized)

    assert error.instead == "dynamic_shapes={'y': 'n _'}, constraints=['n != 1']"


def test_what_is_done_where_sizes_differ_is_no_check_though_most_of_them_raise():
    """So does `mse_loss`, which warns where the sizes differ, and broadcasts."""

    def loss(x, y):
        warned = [] if x.shape == y.shape else ["broadcast"]
        x, y = torch.broadcast_tensors(x, y)
        return x - y + len(warned)

    args = torch.randn(4, 3), torch.randn(4, 3)
    error = assert_refused(loss, args, dynamic_shapes={"x": "a b", "y": "c d"}, kind=Specialized)

    assert error.instead == "dynamic_shapes={'x': 'a b', 'y': 'a b'}"


def test_many_questions_on_several_sizes_take_few_traces():
    """Each is turned once, and sizes that lead to its other side are found without trying all."""

    def program(x, y):
        a, b, c, d = *x.shape, *y.shape
        odd = sum(1 if size % 2 else 2 for size in (a, b, c, d))
        more = sum(1 if one > other else 2 for one, other in ((a, b), (b, c), (c, d), (d, a)))
        return x * odd * more

    args = torch.randn(5, 4), torch.randn(6, 7)
    with pytest.raises(Specialized), counted_traces() as tracing:
        fullgraph.export(program, args, dynamic_shapes={"x": "a b", "y": "c d"})

    assert 1 < tracing.call_count < 60


def test_a_side_that_holds_for_both_is_not_taken_where_that_leaves_the_example_out():
    """`x.squeeze(0)[None]` is right for one row on both sides; the branch before it has two graphs."""

    def program(x, y):
        if x.shape[1] < 1:
            y = y.tile((1, 2))
        x = x.squeeze(0)[None] if x.shape[0] == 1 else x
        return x * 1, y * 2

    args = torch.randn(1, 4), torch.randn(2, 6)
    shapes = {"x": "rows columns", "y": "n m"}
    error = assert_refused(program, args, dynamic_shapes=shapes, kind=Specialized)
    more = [(torch.randn(1, 1), torch.randn(0, 3)), (torch.randn(1, 9), torch.randn(1, 1))]

    assert "columns >= 1" in error.why
    assert_same(program, args, more, **eval(f"dict({error.instead})"))


def test_a_row_that_fits_for_some_sizes_only_is_no_reason_to_reject_a_side():
    """Of five columns or more, those that are as many as the rows of `y` have are taken in eager."""

    def program(x, y):
        if x.shape[1] >= 5:
            y = y.clone()
            y[0] = x[0]
        return x * 2, y

    shapes = {"x": "rows columns", "y": "n m"}
    error = assert_refused(
        program, (torch.randn(1, 2), torch.randn(8, 2)), dynamic_shapes=shapes, kind=Specialized
    )

    assert "columns <= 4" in error.why


def test_a_side_of_which_the_tried_sizes_raise_is_not_taken_to_raise():
    """It raises for 0 or 1 columns, and for most others if there are no rows; not for 0 rows and 64 columns."""

    def program(x):
        if x.shape[0] < x.numel():
            return x * 2
        for _ in range(5):
            left, right = x.chunk(2, 1)
            x = left * right
        return x

    error = assert_refused(program, (torch.randn(4, 3),), dynamic_shapes={"x": "a b"}, kind=Specialized)

    assert error.instead == "dynamic_shapes={'x': 'a b'}, constraints=['a < a*b']"
    assert program(torch.randn(0, 64)).shape == (0, 2)


def test_a_text_that_is_written_before_a_further_question_does_not_answer_it():
    def program(x):
        if x.shape[0] % 2:
            message = f"{x.shape[0]} rows"
            if x.shape[0] > 7:
                raise ValueError(message)
        return x * 2

    error = assert_refused(program, (torch.randn(4, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)

    assert "n % 2 == 0" in error.instead


def test_a_look_up_that_fails_for_most_sizes_is_no_check():
    def program(x):
        if x.shape[0] > 4:
            return x * {5: 2.0, 99: 2.0}[x.shape[0]]
        return x * 2.0

    error = assert_refused(program, (torch.randn(3, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)

    assert error.instead == "dynamic_shapes={'x': 'n _'}, constraints=['n <= 4']"


def test_nothing_computed_of_nothing_is_nothing_only_where_it_is_computed():
    """`max` of no rows raises, and so does whatever is computed from it, also where that has no elements either."""

    def program(x):
        kept = x.max(0).values < 0.5 if x.shape[0] > 0 else torch.ones(0, dtype=torch.bool)
        return x[kept]

    error = assert_refused(program, (torch.rand(3, 3),), kind=Specialized, dynamic_shapes={"x": "n n"})
    assert "n >= 1" in error.why
