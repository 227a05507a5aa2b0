"""Operators whose schemas take plain integers are recorded with sizes, and right at sizes not exported with."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import fullgraph
from tests.support import assert_same

IMAGES = [(2, 3, 4, 5), (1, 3, 1, 1), (0, 3, 2, 7), (3, 3, 9, 2)]


@pytest.mark.parametrize(
    "program",
    [
        lambda x: F.avg_pool2d(x, x.size()[2:]),
        lambda x: F.avg_pool2d(x, kernel_size=(x.shape[2], 1), stride=None),
        lambda x: F.max_pool2d(x, kernel_size=x.size()[2:]),
        lambda x: F.max_pool2d(x, (x.size(2), 1), return_indices=True),
        lambda x: F.max_pool1d(x.flatten(2), x.size(2) * x.size(3)).squeeze(2),
        lambda x: F.avg_pool1d(x.flatten(2), (x.size(2),), ceil_mode=True),
        lambda x: F.unfold(x, (x.shape[2], 1)),
        lambda x: x.unfold(3, x.shape[3], 1),
        lambda x: torch.avg_pool1d(x.flatten(2), x.size(2)),
    ],
)
def test_windows_as_large_as_the_image(program):
    more = [(torch.randn(sizes),) for sizes in IMAGES]

    assert_same(program, (torch.randn(2, 3, 6, 4),), more, dynamic_shapes={"x": "n _ h w"})


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("upper", [True, False])
def test_where_a_triangle_is(upper, offset):
    more = [(torch.randn(n, m),) for n in (0, 1, 2, 7) for m in (0, 1, 3, 8)]

    def program(x):
        n, m = x.shape
        rows, columns = torch.triu_indices(n, m, offset) if upper else torch.tril_indices(n, m, offset)
        return x[rows, columns] * 2

    assert_same(program, (torch.randn(4, 5),), more, dynamic_shapes={"x": "n m"})


def test_pairs_of_features():
    """Half of a square: the size has the form that the program computes itself."""

    def program(x):
        n = x.shape[1]
        i, j = torch.triu_indices(n, n, offset=1)
        return (x[:, i] * x[:, j]).sum(-1) + torch.ones(n * (n - 1) // 2)

    more = [(torch.randn(b, n, 4),) for b in (0, 1, 3) for n in (0, 1, 2, 9)]
    exported = assert_same(program, (torch.randn(2, 5, 4),), more, dynamic_shapes={"x": "b n _"})

    assert not any("n*" in line for line in exported.contract.lines())


@pytest.mark.parametrize(
    "program",
    [
        lambda x: F.one_hot(x % x.shape[0], x.shape[0]),
        lambda x: F.one_hot(x % x.shape[0], num_classes=x.shape[0] + 1),
        lambda x: x * torch.hann_window(x.shape[0]),
        lambda x: x * torch.hamming_window(x.shape[0], dtype=torch.float64),
        lambda x: torch.linspace(0, 1, x.shape[0]) * x,
        lambda x: torch.linspace(0, 1, steps=x.shape[0], dtype=torch.float64) * x,
    ],
)
def test_as_many_as_there_are(program):
    more = [(torch.arange(n),) for n in (1, 2, 33)]

    assert_same(program, (torch.arange(5),), more, dynamic_shapes={"x": "n"})


def test_a_number_of_classes_that_may_be_negative_is_asked_for():
    """Of -1 classes there are as many as the data says."""
    with pytest.raises(fullgraph.CaptureError, match="n >= 1"):
        fullgraph.export(
            lambda x: F.one_hot(x, x.shape[0] - 1),
            (torch.zeros(5, dtype=torch.long),),
            dynamic_shapes={"x": "n"},
        )


def test_gradients_of_windows():
    def program(x):
        return torch.func.grad(lambda y: F.avg_pool2d(y, y.size()[2:]).sum())(x)

    assert_same(program, (torch.randn(2, 3, 6, 4),), [])


def test_counting_down_in_floats():
    """A step of one loses nothing, so the count is that of integers."""

    def program(x):
        positions = torch.arange(x.shape[0] - 1, -x.shape[0], -1.0)
        return positions[: x.shape[0]] + x

    more = [(torch.randn(n),) for n in (1, 2, 7)]
    assert_same(program, (torch.randn(4),), more, dynamic_shapes={"x": "n"})
