"""Indexing: masks fit what they index; what is assigned is broadcast at every size, and gradients are as in eager."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph.errors import ContractError, Specialized
from tests.support import assert_refused, assert_same, assert_same_gradients

MASKS = {
    "rows": (lambda x, mask: x[mask], "n"),
    "columns": (lambda x, mask: x[:, mask], "m"),
    "elements": (lambda x, mask: x[mask], "n m"),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_must_have_the_sizes_it_indexes(name):
    """The graph indexes by the positions of true elements, which say nothing of the mask's sizes."""
    program, sizes = MASKS[name]
    dims = {"n": 3, "m": 4}
    mask = torch.ones([dims[size] for size in sizes.split()], dtype=torch.bool)
    exported = fullgraph.export(
        program, (torch.rand(3, 4), mask), dynamic_shapes={"x": "n m", "mask": fullgraph.Dim.AUTO}
    )

    for n, m in ((0, 4), (1, 1), (7, 2)):
        dims = {"n": n, "m": m}
        x, mask = torch.rand(n, m), torch.rand([dims[size] for size in sizes.split()]) > 0.5
        assert torch.equal(exported(x, mask), program(x, mask))
    with pytest.raises(ContractError):
        exported(torch.rand(7, 7), torch.ones([2] * mask.dim(), dtype=torch.bool))


def test_a_mask_of_another_size_is_refused():
    refused = assert_refused(
        lambda x, mask: x[mask],
        (torch.rand(3, 4), torch.ones(3, dtype=torch.bool)),
        kind=Specialized,
        dynamic_shapes={"x": "n _", "mask": "k"},
    )
    assert "n == k" in refused.why

    with pytest.raises(IndexError, match="shape of the mask"):
        fullgraph.export(lambda x, mask: x[mask], (torch.rand(3, 4), torch.ones(2, dtype=torch.bool)))


def _places(x, value):
    y = x.clone()
    y[torch.arange(x.shape[0]), torch.zeros(x.shape[0], dtype=torch.int64)] += value
    return y


def _row(x, value):
    y = torch.cat([x, x[:, :1]], 1)
    y[:, 0] = value
    return y


def _row_of_one(x, value):
    y = torch.cat([x, x[:, :1]], 1)
    y[:, 0] = value[None, None]
    return y


def _columns(x, value):
    y = x.clone()
    y[:, torch.tensor([0, 0])] = value[:, None]
    return y


def _masked(x, value):
    y = x.clone()
    y[x > 0.5, None] = value.sum()
    return y


@pytest.mark.parametrize("program", [_places, _row, _row_of_one, _columns, _masked])
def test_what_is_assigned_is_broadcast_without_a_question(program):
    """PyTorch asks whether the value's sizes are 1, and does the same either way."""
    args = torch.rand(3, 4), torch.rand(3)
    more = [(torch.rand(n, m), torch.rand(n)) for n, m in ((0, 1), (1, 1), (1, 5), (7, 2))]
    assert_same(
        program,
        args,
        more,
        dynamic_shapes={"x": "n m", "value": "n"},
        constraints=["m >= 1"],
    )


def test_a_value_with_too_many_dims_is_assigned_as_torch_does():
    def program(x, value):
        y = x.clone()
        y[0] = value
        return y

    exported = fullgraph.export(
        program, (torch.rand(3, 4), torch.rand(1, 4)), dynamic_shapes={"x": "_ m", "value": "_ m"}
    )
    for m in (0, 1, 2, 7):
        args = torch.rand(3, m), torch.rand(1, m)
        assert torch.equal(exported(*args), program(*args))


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
    auto = {
        "x": {0: fullgraph.Dim.AUTO, 1: fullgraph.Dim.AUTO},
        "y": {0: fullgraph.Dim.AUTO, 1: fullgraph.Dim.AUTO},
    }

    assert_same(
        program,
        args,
        [(torch.randn(2, 1), torch.randn(1, 1))],
        dynamic_shapes=auto,
        refused=[(torch.randn(2, 4), torch.randn(2, 4))],
    )


def put_at(x, index):
    out = torch.zeros(7, 4)
    out[index] = x
    return out


def put_new_axis(x, index):
    out = torch.zeros(7, 4)
    out[index, None, 2:] = x[:, None, :2]
    return out


def put_in_all_rows(x, index):
    out = torch.zeros(3, x.shape[0], 4)
    out[:, :] = x
    out[index[:, None] % 3, index] += x
    return out


@pytest.mark.parametrize("program", [put_at, put_new_axis, put_in_all_rows])
def test_a_value_of_any_length_is_put_at_indices(program):
    """PyTorch would ask whether its leading size is 1, to drop it, although the result is the same."""
    more = [(torch.randn(n, 4), torch.arange(n)) for n in (0, 1, 2, 7)]

    exported = assert_same(
        program, (torch.randn(3, 4), torch.arange(3)), more, dynamic_shapes={"x": "n _", "index": "n"}
    )

    assert not any("!=" in line for line in exported.contract.lines())


def test_axes_that_a_value_has_more_are_of_one_element():
    def program(x):
        out = torch.zeros(5, 4)
        out[0] = x
        return out

    exported = assert_same(program, (torch.randn(1, 4),), dynamic_shapes={"x": {0: fullgraph.Dim.AUTO}})

    assert any("x.shape[0] == 1" in line for line in exported.contract.lines())


def test_a_tensor_like_one_with_a_history_has_none():
    """So a write to it is seen by autograd."""

    class Sorted(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 4))

        def forward(self, x):
            order = x.sum(1).argsort()
            y = x[order] @ self.weight
            out, kept = torch.empty_like(y), y.new_zeros(y.shape)
            out[order] = y
            kept[:, 1:] = y[:, :-1]
            return out + torch.zeros_like(y).index_add_(0, order, y) + kept

    more = [(torch.randn(n, 4),) for n in (0, 1, 5)]
    assert_same(Sorted(), (torch.randn(3, 4),), more, dynamic_shapes={"x": "n _"})
    assert_same_gradients(Sorted(), (torch.randn(3, 4),), more, dynamic_shapes={"x": "n _"})


def test_the_diagonal_of_any_matrix_is_filled():
    def program(x):
        y = x * 2
        y.fill_diagonal_(-1.0)
        return y

    more = [(torch.randn(n, m),) for n in (0, 1, 5) for m in (0, 1, 4)]
    assert_same(program, (torch.randn(3, 4),), more, dynamic_shapes={"x": "n m"})
    assert_same_gradients(program, (torch.randn(3, 4, requires_grad=True),), dynamic_shapes={"x": "n m"})
