"""What the program demands of its sizes inside a `try` is a branch: other sizes do not raise, they go another way."""

from __future__ import annotations

import contextlib

import pytest
import torch

import fullgraph
from fullgraph import Dim, Specialized
from tests.support import assert_refused, assert_same


def index(x):
    try:
        return x[7]
    except IndexError:
        return x.sum(0)


def check(x):
    try:
        torch._check(x.shape[0] >= 8, lambda: "too few")
    except (TypeError, RuntimeError):
        return x.sum(0)
    return x[7]


def suppressed(x):
    with contextlib.suppress(LookupError):
        return x[7]
    return x.sum(0)


def row(x):
    return x[7]


def in_a_function(x):
    try:
        return row(x)
    except Exception:
        return x.sum(0)


def divided(x):
    try:
        return x * (12 // (x.shape[0] // 8))
    except ZeroDivisionError:
        return x * 2


CAUGHT = [index, check, suppressed, in_a_function, divided]


@pytest.mark.parametrize("program", CAUGHT)
@pytest.mark.parametrize(("rows", "stated"), [(9, "n >= 8"), (4, "n <= 7")])
def test_a_caught_demand_is_refused_with_the_sizes_that_go_this_way(program, rows, stated):
    error = assert_refused(program, (torch.randn(rows, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)

    assert error.instead == f"dynamic_shapes={{'x': 'n _'}}, constraints=['{stated}']"


@pytest.mark.parametrize("program", CAUGHT)
@pytest.mark.parametrize("rows", [9, 4])
def test_under_auto_it_is_an_assumption(program, rows):
    this, other = (torch.randn(8, 3),), (torch.randn(7, 3),)
    if rows < 8:
        this, other = other, this
    auto = {"x": {0: Dim.AUTO}}

    assert_same(program, (torch.randn(rows, 3),), [this], dynamic_shapes=auto, refused=[other])


def renamed(x):
    try:
        return x[7]
    except IndexError as error:
        raise ValueError("too few rows") from error


def of_another_kind(x):
    try:
        return x[7]
    except (KeyError, ImportError):
        return x.sum(0)


def after_it(x):
    try:
        y = x * 2
    except IndexError:
        y = x
    return y[7]


def defined_inside(x):
    try:

        def last(y):
            return y[7]
    except IndexError:
        pass
    return last(x)


@pytest.mark.parametrize("program", [renamed, of_another_kind, after_it, defined_inside])
def test_what_leaves_the_function_all_the_same_is_a_check(program):
    exported = fullgraph.export(program, (torch.randn(9, 3),), dynamic_shapes={"x": "n _"})

    assert any(line.startswith("n >= 8  (test_catching.py") for line in exported.contract.lines())
