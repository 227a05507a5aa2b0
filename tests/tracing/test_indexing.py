"""Assignments of values whose sizes are dynamic ask nothing of these sizes: 1 is a size like others."""

from __future__ import annotations

import pytest
import torch

from fullgraph import Dim
from tests.support import assert_same


def rows(x, y):
    x[: y.shape[0]] = y
    return x * 1


def listed(x, y):
    x = x.clone()
    x[[0, 2]] = y[:2]
    return x


def counted(x, y):
    x = x.clone()
    x[torch.arange(y.shape[0])] = y
    return x


def columns(x, y):
    x = x.clone()
    x[:, [0, 3]] = y[:1, :2]
    return x


def masked(x, y):
    x = x.clone()
    x[torch.arange(x.shape[0]) < y.shape[0]] = y
    return x


def pairs(x, y):
    x = x.clone()
    x[[0, 1], [2, 2]] = y[:2, 0]
    return x


@pytest.mark.parametrize("program", [listed, counted, columns, masked, pairs])
def test_by_tensors_and_lists(program):
    args = torch.randn(5, 4), torch.randn(3, 4)
    more = [(torch.randn(n, 4), torch.randn(m, 4)) for n, m in ((3, 1), (3, 2), (8, 5), (4, 1))]
    if program in (counted, masked):
        more.append((torch.randn(2, 4), torch.randn(0, 4)))

    exported = assert_same(program, args, more, dynamic_shapes={"x": "n _", "y": "m _"})

    assert not any("!= 1" in line for line in exported.contract.lines())


def test_by_slices():
    args = torch.randn(5, 4), torch.randn(3, 4)
    more = [(torch.randn(n, 4), torch.randn(m, 4)) for n, m in ((3, 1), (3, 2), (8, 5), (4, 0))]

    exported = assert_same(rows, args, more, dynamic_shapes={"x": "n _", "y": "m _"}, constraints=["m <= n"])

    assert not any("!= 1" in line for line in exported.contract.lines())


def test_leading_dims_of_size_1_are_dropped():
    def program(x, y):
        x = x.clone()
        x[1] = y
        return x

    args = torch.randn(5, 4), torch.randn(1, 4)
    auto = {"x": {0: Dim.AUTO, 1: Dim.AUTO}, "y": {0: Dim.AUTO, 1: Dim.AUTO}}

    assert_same(
        program,
        args,
        [(torch.randn(2, 1), torch.randn(1, 1))],
        dynamic_shapes=auto,
        refused=[(torch.randn(2, 4), torch.randn(2, 4))],
    )
