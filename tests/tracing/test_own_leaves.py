"""Tensors that the program makes with `requires_grad`: nobody has their gradients, and results require grad anyway."""

import pytest
import torch
from torch import nn

from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients

_SPEC = {"x": "batch length _"}
_MORE = [(torch.randn(5, 7, 4),), (torch.randn(1, 1, 4),)]


class Recurrent(nn.Module):
    """As in many a tutorial."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6, 2, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        hidden = torch.zeros(2, x.size(0), 6).requires_grad_()
        cell = torch.zeros(2, x.size(0), 6, requires_grad=True)
        states, _ = self.rnn(x, (hidden.detach(), cell.detach()))
        return self.head(states[:, -1] + torch.zeros_like(hidden[0]).requires_grad_())


def test_states_that_ask_for_gradients():
    assert_same(Recurrent(), (torch.randn(2, 3, 4),), _MORE, dynamic_shapes=_SPEC)
    assert_same_gradients(Recurrent(), (torch.randn(2, 3, 4),), _MORE, dynamic_shapes=_SPEC)


def test_what_the_program_asks_of_them_is_answered():
    def program(x):
        plain, own = torch.zeros(4), torch.zeros(4, requires_grad=True)
        assert own.is_leaf
        return x + 1 if own.requires_grad and not plain.requires_grad else x

    assert_same(program, (torch.randn(2, 3, 4),), _MORE, dynamic_shapes=_SPEC)


def test_a_result_without_gradients_may_come_from_them():
    def program(x):
        own = torch.zeros_like(x).requires_grad_()
        with torch.no_grad():
            doubled = own * 2
        return (x + own).detach(), (own > x), doubled

    assert_same(program, (torch.randn(2, 3, 4),), _MORE, dynamic_shapes=_SPEC)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: torch.zeros(4, requires_grad=True) + x,
        lambda x: (x.sum(), torch.zeros_like(x).requires_grad_()),
        lambda x: torch.zeros(4).requires_grad_() * x.detach(),
    ],
)
def test_a_result_that_requires_grad_for_them_alone_is_refused(program):
    error = assert_refused(program, (torch.randn(2, 3, 4),), kind=Unsupported, dynamic_shapes=_SPEC)
    assert "requires grad for the sake of a tensor" in error.what


def test_an_argument_does_not_come_to_require_grad():
    program = lambda x: x.requires_grad_() * 2  # noqa: E731
    assert_refused(program, (torch.randn(2, 3, 4),), kind=Unsupported, dynamic_shapes=_SPEC)
