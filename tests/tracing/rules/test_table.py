"""The table of rules: every name is an operator, and modules of torch.nn are shaped by rules alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from fullgraph.tracing.dispatch import Interceptor, intercepting, plain_torch
from fullgraph.tracing.operators import Kind, operator_of
from fullgraph.tracing.rules import has_rule
from fullgraph.tracing.rules.table import dims_rule, rule, rule_names
from tests.tracing.rules.support import StandIn, check, predict

aten = torch.ops.aten


# They are in PyTorch 2.13, and not in later ones.
GONE = {name for name in ("cholesky", "qr") if not hasattr(aten, name)}


def test_every_rule_names_an_operator_of_pytorch():
    """A rule for a name that does not exist would never be used, and nobody would know."""
    unknown = []
    for name in set(rule_names()) - GONE:
        packet, _, overload = name.partition(".")
        if (overload or "default") not in getattr(aten, packet).overloads():
            unknown.append(name)
    assert unknown == []


def test_an_operator_has_one_rule():
    with pytest.raises(ValueError, match="two rules for aten::linear"):
        rule("linear")(lambda scope: None)
    with pytest.raises(ValueError, match=r"two rules for aten::sum\.dim_IntList"):
        dims_rule("sum.dim_IntList")(lambda scope: None)


def test_no_rule_is_no_answer():
    """Then PyTorch's meta kernels are asked."""
    assert not has_rule(aten.nonzero.default)
    assert predict(aten.nonzero.default, (StandIn((2,)),), {}) is None
    assert predict(aten.equal.default, (StandIn((2,)), StandIn((2,))), {}) is None


def test_masks_are_left_to_the_recorder():
    """How many elements a boolean index takes depends on the data."""
    mask = StandIn((2,), torch.bool)
    assert predict(aten.index.Tensor, (StandIn((2, 3)), [mask]), {}) is None


def test_devices():
    """A scalar may live anywhere; what else is on two devices is for PyTorch to refuse."""
    meta, cpu = torch.device("meta"), torch.device("cpu")
    on_meta = StandIn((2,), device=meta)
    assert predict(aten.add.Tensor, (StandIn((), device=cpu), on_meta), {}).device == meta
    assert predict(aten.add.Tensor, (StandIn((2,), device=cpu), on_meta), {}) is None
    assert predict(aten.zeros_like.default, (on_meta,), {}).device == meta
    assert predict(aten.zeros.default, ([2],), {}).device == cpu


MODULES: dict[str, tuple[nn.Module, tuple[Any, ...]]] = {
    "lstm": (nn.LSTM(3, 4, num_layers=2, bidirectional=True), (torch.rand(5, 2, 3),)),
    "gru": (nn.GRU(3, 4, batch_first=True), (torch.rand(5, 2, 3),)),
    "rnn": (nn.RNN(3, 4), (torch.rand(5, 3),)),
    "batch norm": (nn.BatchNorm2d(3).eval(), (torch.rand(2, 3, 4, 5),)),
    "attention": (nn.MultiheadAttention(4, 2), (torch.rand(5, 2, 4),) * 3),
    "encoder layer": (nn.TransformerEncoderLayer(4, 2, 8).train(), (torch.rand(5, 2, 4),)),
    "image": (
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding="same"), nn.GELU(), nn.AvgPool2d(3, ceil_mode=True), nn.PixelShuffle(2)
        ),
        (torch.rand(2, 3, 8, 9),),
    ),
    "upwards": (
        nn.Sequential(nn.ConvTranspose1d(3, 6, 3, 2), nn.GLU(1), nn.Upsample(scale_factor=1.5)),
        (torch.rand(2, 3, 7),),
    ),
    "loss": (nn.CrossEntropyLoss(), (torch.rand(4, 5), torch.tensor([0, 1, 2, 3]))),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_shaped_by_rules_alone(name):
    """Whatever these modules perform has a rule, and it says what eager returns."""
    module, inputs = MODULES[name]
    reached: list[str] = []

    def on_operator(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with plain_torch():
            result = op(*args, **kwargs)
            if operator_of(op).kind in (Kind.PURE, Kind.VIEW, Kind.MAYBE_VIEW, Kind.HIDDEN):
                assert has_rule(op), op
                # Of an empty sequence, PyTorch's recurrent layers divide by zero and end the process.
                others = not isinstance(module, nn.RNNBase)
                reached.append(check(op, args, kwargs, result, others))
        return result

    with torch.no_grad(), intercepting(Interceptor(on_operator)):
        module(*inputs)
    assert reached
    assert "declined" not in reached
