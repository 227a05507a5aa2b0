"""Writing at indices, to tensors made like others, and to diagonals: right for all sizes, also for gradients."""

import pytest
import torch
from torch import nn

import fullgraph
from tests.support import assert_same, assert_same_gradients


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
