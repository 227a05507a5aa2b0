"""The shared assertions see the differences that they are there for."""

import dataclasses
import types
from typing import NamedTuple

import pytest
import torch

from tests.support import assert_equal, assert_same
from tests.support.compare import sharing


@dataclasses.dataclass
class Pair:
    one: torch.Tensor
    two: object


class Point(NamedTuple):
    x: object
    y: object


ONES = torch.ones(3)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (ONES, ONES + 1),
        (ONES, ONES.double()),
        (ONES, ONES[None]),
        (ONES, [1.0, 1.0, 1.0]),
        (ONES, torch.nn.Parameter(ONES)),
        ([ONES], (ONES,)),
        ([ONES], [ONES, ONES]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Pair(ONES, 1), Pair(ONES, 2)),
        (Point(1, 2), (1, 2)),
        (1, 1.0),
        (1, True),
        (None, 0),
        (float("nan"), 1.0),
    ],
)
def test_a_difference_is_seen(expected, actual):
    with pytest.raises(AssertionError):
        assert_equal(expected, actual)


@pytest.mark.parametrize(
    "value", [ONES, [ONES, (1, None)], {"a": Pair(ONES, "s")}, Point(1, ONES), float("nan")]
)
def test_what_is_equal_is_equal(value):
    assert_equal(value, value)


def test_sharing_tells_views_from_copies():
    x, y = torch.ones(4), torch.ones(4)

    assert sharing([x, x[1:], y, x]) == [0, 0, 2, 0]
    assert sharing([x, x.clone(), y, x]) == [0, 1, 2, 0]


class Counter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.count = torch.nn.Buffer(torch.zeros(()))

    def forward(self, x):
        self.count += 1
        x.add_(1)
        return x * self.count


@pytest.fixture
def export_is(monkeypatch):
    """Stand in for `fullgraph.export`: programs made by hand, right and wrong ones."""

    def be(run):
        class Program(types.SimpleNamespace):
            def __call__(self, *args):
                return self.run(*args)

        def export_program(fn, args, kwargs=None, **_):
            return Program(run=lambda *args: run(fn, *args), state_dict=dict(fn.named_buffers()))

        monkeypatch.setattr("fullgraph.export", export_program, raising=False)

    return be


def right(fn, x):
    return fn(x)


def wrong_output(fn, x):
    return fn(x) + (x.shape[0] == 5)


def no_write_to_the_input(fn, x):
    return fn(x.clone())


def no_write_to_the_buffer(fn, x):
    fn.count -= 0
    x.add_(1)
    return x * (fn.count + 1)


def test_assert_same_accepts_a_right_program(export_is):
    export_is(right)

    assert_same(Counter(), (torch.ones(3),), more=[(torch.ones(5),), (torch.ones(0),)])


@pytest.mark.parametrize("run", [wrong_output, no_write_to_the_input, no_write_to_the_buffer])
def test_assert_same_sees_a_wrong_program(export_is, run):
    export_is(run)

    with pytest.raises(AssertionError):
        assert_same(Counter(), (torch.ones(3),), more=[(torch.ones(5),)])
