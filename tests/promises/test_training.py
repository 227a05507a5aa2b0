"""A program is trainable where the model was: gradients, modes, running statistics, steps of an optimizer."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

import fullgraph
from tests.support import assert_same_gradients


class Net(nn.Module):
    """Convolution, batch norm, dropout, attention, a tied weight and a frozen one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.3)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.up = nn.Linear(8, 8)
        self.down = nn.Linear(8, 8)
        self.down.weight = self.up.weight
        self.frozen = nn.Linear(8, 8).requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.conv(x)).relu().transpose(1, 2)
        y = y + self.attention(y, y, y, need_weights=False)[0]
        return self.down(self.drop(self.up(y))) + self.frozen(y)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_every_parameter_and_input(training: bool) -> None:
    """In train and in eval mode, with other sizes than the export's."""
    model = Net().train(training)
    x = torch.randn(4, 3, 6, requires_grad=True)
    more = [(torch.randn(n, 3, 9, requires_grad=True),) for n in (1, 7)]

    assert_same_gradients(model, (x,), more, dynamic_shapes=("batch 3 length",), rtol=1e-4, atol=1e-5)


def test_training_step_by_step() -> None:
    """Several steps of an optimizer on the program's module give the weights and statistics of eager training."""
    eager = Net()
    module = fullgraph.export(
        copy.deepcopy(eager), (torch.randn(4, 3, 6),), dynamic_shapes=("batch 3 length",)
    ).module()

    def train(net: nn.Module) -> list[float]:
        optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-2)
        losses = []
        for step in range(4):
            torch.manual_seed(step)
            optimizer.zero_grad()
            loss = net(torch.randn(3 + step, 3, 5)).pow(2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    assert train(module) == pytest.approx(train(eager), rel=1e-4)
    expected = eager.state_dict()
    for name, tensor in module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-4)


def test_which_parameters_require_gradients_may_change() -> None:
    """Freezing after the export freezes, and thawing thaws."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3).requires_grad_(False))
    program = fullgraph.export(model, (torch.randn(2, 3),))

    model[0].requires_grad_(False)
    model[1].requires_grad_(True)
    program(torch.randn(2, 3)).sum().backward()

    assert model[0].weight.grad is None
    assert model[1].weight.grad is not None


def test_double_backward() -> None:
    """Gradients of gradients through a program equal eager's."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    program = fullgraph.export(model, (torch.randn(2, 3),), dynamic_shapes=("n _",))

    def penalty(fn: Any, x: torch.Tensor) -> list[torch.Tensor]:
        (first,) = torch.autograd.grad(fn(x).sum(), x, create_graph=True)
        return list(torch.autograd.grad(first.pow(2).sum(), [x, model[0].weight]))

    x = torch.randn(5, 3, requires_grad=True)
    for expected, actual in zip(penalty(model, x), penalty(program, x)):
        torch.testing.assert_close(actual, expected)


def test_modules_that_train_on_the_spot() -> None:
    """A recurrent layer and a transformer layer in train mode have eager's gradients, with dropout by the same seed."""
    assert_same_gradients(
        nn.LSTM(3, 4, num_layers=2, batch_first=True), (torch.randn(2, 5, 3, requires_grad=True),)
    )
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    assert_same_gradients(
        layer,
        (torch.randn(2, 4, 8, requires_grad=True),),
        [(torch.randn(3, 6, 8, requires_grad=True),)],
        dynamic_shapes=("b s _",),
        rtol=1e-4,
        atol=1e-5,
    )


def test_exported_in_eval_without_gradients_and_trained_after() -> None:
    """An export for inference takes no shortcut that has no gradient."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    with torch.no_grad():
        program = fullgraph.export(layer, (torch.randn(2, 4, 8),), dynamic_shapes=("b s _",))
    x = torch.randn(3, 5, 8)
    expected = torch.autograd.grad(layer(x).sum(), list(layer.parameters()))
    actual = torch.autograd.grad(program(x).sum(), list(layer.parameters()))

    for one, other in zip(expected, actual):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(program(x), layer(x), rtol=1e-4, atol=1e-5)
