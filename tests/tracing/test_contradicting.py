"""What a program raises for every size is refused with the lines that leave no room; what some sizes avoid is not.

PYTEST_DONT_REWRITE: the assertions of the programs are to be Python's own.
"""

from __future__ import annotations

import pytest
import torch

import fullgraph
from fullgraph import Dim, TensorSpec, Unsupported
from tests.support import assert_refused, assert_same

NAMED = {"x": "a b"}
AUTO = {"x": (Dim.AUTO, Dim.AUTO)}


def bounds(x):
    assert x.shape[0] < 3
    assert x.shape[0] > 5, "many rows"
    return x * 2


def remainders(x):
    assert x.shape[0] % 2 == 0
    assert x.shape[1] <= 100
    assert (x.shape[0] + 2 * x.shape[1]) % 4 == 1
    return x * 2


def raised(x):
    if x.shape[0] < 2:
        raise ValueError("too few rows")
    if not x.shape[0] + x.shape[1] <= 1:
        raise ValueError("too much")
    return x * 2


def check_after_assertion(x):
    assert x.shape[0] < 3
    torch._check(x.shape[0] > 5, lambda: "many rows")
    return x * 2


def assertion_after_check(x):
    torch._check(x.shape[0] * x.shape[1] == 8)
    assert x.shape[0] >= 5
    assert x.shape[1] >= 2
    return x * 2


class Deep(torch.nn.Module):
    def forward(self, x):
        return bounds(x) if x.shape[1] != 77 else x * 2


@pytest.mark.parametrize("shapes", [NAMED, AUTO, None])
@pytest.mark.parametrize(
    ("program", "against", "refused", "cause"),
    [
        (bounds, "x.shape[0] < 3", "x.shape[0] > 5", AssertionError),
        (remainders, "x.shape[0] % 2 == 0", "% 4 == 1", AssertionError),
        (raised, "x.shape[0] < 2", "if not x.shape[0] + x.shape[1] <= 1", ValueError),
        (check_after_assertion, "x.shape[0] < 3", "x.shape[0] > 5", RuntimeError),
        (assertion_after_check, "x.shape[0] * x.shape[1] == 8", "x.shape[1] >= 2", AssertionError),
    ],
)
def test_both_lines_are_shown(program, against, refused, cause, shapes):
    """With named dims, under AUTO, and without an example; the program's own error is the cause."""
    sizes = (8, 1) if program is assertion_after_check else (2, 4)
    example = TensorSpec("a b") if shapes is None else torch.zeros(*sizes)
    error = assert_refused(program, (example,), dynamic_shapes=shapes, kind=Unsupported)
    shown = f"{error.where.text}\n{error.why}"

    assert against in shown
    assert refused in shown
    assert "can never hold" in error.what
    assert error.__cause__ is None or isinstance(error.__cause__, cause)


def test_words():
    error = assert_refused(bounds, (torch.zeros(2, 4),), dynamic_shapes=NAMED, kind=Unsupported)

    assert error.what == "`a >= 6` can never hold here, so no call would be accepted."
    first, second = error.why.split("\n")
    assert first == "It contradicts:"
    assert second.startswith("a <= 2  (test_contradicting.py:")
    assert isinstance(error.__cause__, AssertionError)
    assert str(error.__cause__) == "many rows"


@pytest.mark.parametrize("shapes", [NAMED, AUTO])
def test_what_only_the_example_fails_is_raised_as_it_is(shapes):
    """Other sizes pass both assertions, or the first one of those that contradict each other is what fails."""

    def program(x):
        assert x.shape[0] >= 2
        assert x.shape[0] <= 5, "five at most"
        return x * 2

    with pytest.raises(AssertionError, match="five at most"):
        fullgraph.export(program, (torch.zeros(7, 4),), dynamic_shapes=shapes)
    with pytest.raises(AssertionError):
        fullgraph.export(bounds, (torch.zeros(7, 4),), dynamic_shapes=shapes)


def test_a_side_of_a_branch_on_which_nothing_passes_is_no_contradiction():
    """The sizes on the other side of the `if` pass; the program rejects this one."""

    def program(x):
        if x.shape[0] > 3:
            assert x.shape[0] < 2, "never"
        return x * 2

    with pytest.raises(AssertionError, match="never"):
        fullgraph.export(program, (torch.zeros(7, 4),), dynamic_shapes=NAMED)
    assert_same(program, (torch.zeros(2, 4),), dynamic_shapes=NAMED, more=[(torch.zeros(3, 1),)])


def test_what_the_program_catches_is_no_contradiction():
    def program(x):
        assert x.shape[0] < 3
        try:
            assert x.shape[0] > 5
        except AssertionError:
            return x + 1
        return x * 2

    assert_same(program, (torch.zeros(2, 4),), dynamic_shapes=NAMED, more=[(torch.zeros(1, 4),)])


def test_another_error_after_checks_is_raised_as_it_is():
    def program(x):
        assert x.shape[0] < 3
        torch._check(x.shape[1] >= 2)
        return x @ torch.ones(3, 3)

    with pytest.raises(RuntimeError, match="mat1 and mat2|cannot be multiplied"):
        fullgraph.export(program, (torch.zeros(2, 4),), dynamic_shapes={"x": "a _"})


def test_far_below():
    error = assert_refused(Deep(), (torch.zeros(2, 4),), dynamic_shapes=NAMED, kind=Unsupported)

    assert "x.shape[0] > 5" in error.where.text
