"""Checks that contradict each other, or what was declared, are refused with the lines that leave no room."""

from __future__ import annotations

import pytest
import torch

import fullgraph
from fullgraph import Dim, Unsupported
from tests.support import assert_refused, assert_same

NAMED = {"x": "a b"}
AUTO = {"x": (Dim.AUTO, Dim.AUTO)}


def bounds(x):
    torch._check(x.shape[0] < 3)
    torch._check(x.shape[0] > 5)
    return x * 2


def remainders(x):
    torch._check(x.shape[0] % 2 == 0)
    torch._check(x.shape[1] <= 100)
    torch._check(x.shape[0] % 2 == 1)
    return x * 2


def products(x):
    torch._check(x.shape[0] * x.shape[1] == 24)
    torch._check(x.shape[0] == 5)
    return x * 2


def three_sizes(x):
    fullgraph.check(x.shape[0] < x.shape[1])
    fullgraph.check(x.shape[1] >= 2)
    fullgraph.check(x.shape[1] * 2 <= x.shape[0])
    return x * 2


@pytest.mark.parametrize("shapes", [NAMED, AUTO])
@pytest.mark.parametrize(
    ("program", "against", "refused"),
    [
        (bounds, "x.shape[0] < 3", "x.shape[0] > 5"),
        (remainders, "x.shape[0] % 2 == 0", "x.shape[0] % 2 == 1"),
        (products, "x.shape[0] * x.shape[1] == 24", "x.shape[0] == 5"),
        (three_sizes, "x.shape[0] < x.shape[1]", "x.shape[1] * 2 <= x.shape[0]"),
    ],
)
def test_both_lines_are_shown(program, against, refused, shapes):
    example = (torch.zeros(2 if program is bounds else 6, 4),)
    if program is three_sizes:
        example = (torch.zeros(3, 4),)
    error = assert_refused(program, example, dynamic_shapes=shapes, kind=Unsupported, line=refused)

    assert against in error.why


@pytest.mark.parametrize(
    ("dim", "stated"),
    [
        (Dim("n", max=8), "n <= 8"),
        (Dim("n", values=[4, 8]), "n in {4, 8}"),
        (Dim.AUTO(max=8), "x.shape[0] <= 8"),
    ],
)
def test_a_check_that_the_declared_range_excludes(dim, stated):
    def program(x):
        torch._check(x.shape[0] > 10)
        return x * 2

    error = assert_refused(
        program, (torch.zeros(8, 4),), dynamic_shapes={"x": {0: dim}}, kind=Unsupported, line="torch._check"
    )

    assert stated in error.why


def test_a_failing_check_of_an_operator_keeps_its_own_words():
    """`n <= 8` was declared, and has nothing to do with it."""

    def program(x):
        return torch.nn.functional.conv2d(x, torch.ones(3, 2, 3, 3))

    with pytest.raises(RuntimeError, match="Expected 3D"):
        fullgraph.export(program, (torch.zeros(8, 4),), dynamic_shapes={"x": {0: Dim("n", max=8)}})


def test_a_check_of_all_elements_asks_nobody_who_looks_at_true_and_false():
    """As in libraries, whose wrappers test their options with `is True`."""

    def checked(x):
        torch._check_tensor_all(x > 0)
        return x * x.shape[0]

    def wrapped(x, option=None):
        return x if option is True else checked(x)

    program = assert_same(
        wrapped, (torch.ones(2, 3),), [(torch.ones(0, 1),), (torch.ones(5, 4),)], dynamic_shapes={"x": "a b"}
    )

    with pytest.raises(RuntimeError):
        program(torch.zeros(2, 3))
