"""When two values are the same to a program."""

import enum
import functools
import math

import numpy as np
import pytest
import torch

from fullgraph.contract import same_value
from fullgraph.contract.values import identity_of, is_singleton


class Color(enum.IntEnum):
    RED = 1


def method_owner():
    return math


APART = [
    1, True, 1.0, 1 + 0j,
    "1", b"1", 0, False, 0.0, -0.0, None, ...,
    math.nan, math.inf, "", Color.RED, np.float32(1),
    np.float64(1), np.int64(1), torch.float32, torch.device("cpu"), torch.device("meta"),
    (), (1,), (1.0,), (True,),
    [1], {1}, {True}, frozenset({1}), {"a": 1}, {"a": True}, range(3),
    slice(1), slice(1.0), len, math.sin, object(),
    torch.Size([1]), np.ones(2), np.ones((2, 1)), np.ones(2, dtype=np.float32), [].append, complex(0.0, -0.0),
    complex(0.0, 0.0),
]  # fmt: skip


def test_all_apart():
    """Whatever a program can tell apart is told apart."""
    for i, a in enumerate(APART):
        for j, b in enumerate(APART):
            assert same_value(a, b) == (i == j), (a, b)


@pytest.mark.parametrize(
    "make",
    [
        lambda: float("nan"),
        lambda: 10**30,
        lambda: repr("ab"),
        lambda: (1, [2.5, {"a": float("nan")}]),
        lambda: {3, 4},
        lambda: slice(1, None, 2),
        lambda: torch.device("cuda", 1),
        lambda: np.float32(2.5),
        lambda: np.arange(4),
        lambda: "abc".upper.__self__.upper,
    ],
)
def test_same_though_made_anew(make):
    assert same_value(make(), make())


def test_bound_methods():
    """Looking a method up makes a new object each time; it is the same method of the same object."""

    class Owner:
        def method(self):
            return 1

    a, b = Owner(), Owner()

    assert same_value(a.method, a.method)
    assert not same_value(a.method, b.method)


def test_opaque_objects_are_themselves():
    f = functools.partial(len)
    assert same_value(f, f)
    assert not same_value(f, functools.partial(len))


def test_an_identity_does_not_change_with_its_value():
    """A list that is changed after the export is no longer what the program saw."""
    value = [1, {"a": {2}}]
    before = identity_of(value)
    value[1]["a"].add(3)
    assert identity_of(value) != before


def test_singletons():
    assert all(map(is_singleton, (None, True, False, ..., Color.RED, torch.float32, object())))
    assert not any(map(is_singleton, (0, 1.5, "a", (), [1], torch.device("cpu"))))
