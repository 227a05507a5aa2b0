"""The program's own tensors: found by identity, named as their owner names them, shared and never copied."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, weight_norm

import fullgraph
from tests.support import assert_same, assert_same_gradients

BIAS = torch.ones(3)
TABLE = {"deep": [torch.full((3,), 2.0)]}


def inputs(program: Any) -> dict[str, Any]:
    signature = program.graph_signature
    return {
        "parameters": sorted(signature.parameters),
        "buffers": sorted(signature.buffers),
        "constants": sorted(program.constants),
    }


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.embed(ids))


def test_tied_weights_stay_tied() -> None:
    """One tensor under two names is one input of the graph, and one parameter of the trainable module."""
    model = Tied()
    program = assert_same(model, (torch.tensor([0, 1]),), [(torch.tensor([4]),)], dynamic_shapes=("n",))

    assert inputs(program)["parameters"] == ["embed.weight"]
    assert sum(node.op == "placeholder" for node in program.graph.nodes) == 2
    module = program.module()
    assert len(list(module.parameters())) == 1
    assert module.state_dict().keys() == model.state_dict().keys()
    assert_same_gradients(Tied(), (torch.tensor([0, 1]),), [(torch.tensor([4]),)], dynamic_shapes=("n",))


def test_nothing_is_copied_and_later_updates_are_seen() -> None:
    """The program reads the user's own memory, after an in-place update too."""
    model = nn.Linear(3, 3)
    program = fullgraph.export(model, (torch.randn(2, 3),))

    for name, tensor in program.state_dict.items():
        assert tensor.data_ptr() == model.get_parameter(name).data_ptr()
    with torch.no_grad():
        model.weight.zero_()
        model.bias.fill_(4)
    assert torch.equal(program(torch.randn(2, 3)), torch.full((2, 3), 4.0))


def test_names_of_what_functions_hold() -> None:
    """Closures, globals, partials and bound methods: tensors are called as Python calls them."""
    scale = nn.Parameter(torch.full((3,), 3.0))
    inner = nn.Linear(3, 3)

    def closure(x: torch.Tensor) -> torch.Tensor:
        return inner(x) * scale + BIAS + TABLE["deep"][0]

    class Holder:
        def __init__(self) -> None:
            self.offset = torch.ones(3)

        def method(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
            return x * factor + self.offset

    program = fullgraph.export(closure, (torch.randn(2, 3),))
    found = inputs(program)
    assert found["parameters"] == ["inner.bias", "inner.weight", "scale"]
    assert "BIAS" in found["constants"]
    x = torch.randn(2, 3)
    torch.testing.assert_close(program(x), closure(x))

    bound = functools.partial(Holder().method, factor=torch.full((3,), 2.0))
    program = fullgraph.export(bound, (torch.randn(2, 3),))
    assert inputs(program)["constants"] == [
        "offset"
    ]  # a partial's keyword is an argument with another default
    assert torch.equal(program(x), x * 2 + 1)
    assert torch.equal(program(x, factor=torch.full((3,), 4.0)), x * 4 + 1)


class Everything(nn.Module):
    """Buffers of both kinds, a plain tensor, lists and dicts of parameters, modules in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.ones(3))
        self.register_buffer("loose", torch.full((3,), 2.0), persistent=False)
        self.plain = torch.full((3,), 3.0)
        self.hidden = [torch.full((3,), 4.0)]
        self.params = nn.ParameterList([nn.Parameter(torch.randn(3)) for _ in range(2)])
        self.named = nn.ParameterDict({"a": nn.Parameter(torch.randn(3))})
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 3), nn.ReLU())])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        x = x + sum(self.params) + self.named["a"]
        return x * self.kept + self.loose + self.plain + self.hidden[0]


def test_every_place_of_a_tensor() -> None:
    """Each is lifted under the qualified name of its place; only the module's state is in `state_dict`."""
    model = Everything()
    program = assert_same(model, (torch.randn(2, 3),), [(torch.randn(5, 3),)], dynamic_shapes=("n _",))
    found = inputs(program)

    assert found["parameters"] == sorted(dict(model.named_parameters()))
    assert found["buffers"] == ["kept", "loose"]
    assert {"plain"} <= set(found["constants"])
    assert program.state_dict.keys() == model.state_dict().keys()
    assert_same_gradients(Everything(), (torch.randn(2, 3),), dynamic_shapes=("n _",))


class Lazy(nn.Module):
    """Makes its cache at the first call."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("cache", None, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.cache is None:
            self.cache = torch.arange(3.0)
        return x + self.cache


def test_lazily_created_buffers() -> None:
    """A buffer that only the first call makes is no obstacle, or is refused; the module is as it was."""
    model = Lazy()
    try:
        program = fullgraph.export(model, (torch.ones(2, 3),))
    except fullgraph.CaptureError as refusal:
        assert "cache" in str(refusal)
    else:
        for _ in range(2):
            assert torch.equal(program(torch.ones(2, 3)), torch.ones(2, 3) + torch.arange(3.0))
    assert model.cache is None


def conv_norm() -> nn.Module:
    return nn.Sequential(weight_norm(nn.Conv1d(2, 3, 2)), nn.ReLU())


class Symmetric(nn.Module):
    def forward(self, w: torch.Tensor) -> torch.Tensor:
        return w.triu() + w.triu(1).t()


def symmetric() -> nn.Module:
    layer = nn.Linear(4, 4)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "size"),
    [
        (conv_norm, (2, 2, 5)),
        (lambda: parametrizations.weight_norm(nn.Linear(4, 3)), (2, 4)),
        (lambda: parametrizations.spectral_norm(nn.Linear(4, 3)).eval(), (2, 4)),
        (lambda: parametrizations.spectral_norm(nn.Linear(4, 3)).train(), (2, 4)),
        (lambda: parametrizations.orthogonal(nn.Linear(3, 3)), (2, 3)),
        (lambda: nn.utils.spectral_norm(nn.Linear(4, 3)), (2, 4)),
        (symmetric, (2, 4)),
    ],
    ids=[
        "old weight_norm",
        "weight_norm",
        "spectral_norm eval",
        "spectral_norm train",
        "orthogonal",
        "old spectral_norm",
        "own",
    ],
)
def test_parametrizations(make: Any, size: tuple[int, ...]) -> None:
    """A weight computed from others is computed in the graph, in each call, with its gradients and its state."""
    model = make()
    x = torch.randn(*size)
    model(
        x
    )  # the older forms keep what they computed last, which cannot be copied before a call without gradients
    with torch.no_grad():
        model(x)
    assert_same(model, (x,), [(torch.randn(*size),)] * 2)
    assert_same_gradients(model, (torch.randn(*size, requires_grad=True),))


def test_hooks() -> None:
    """What forward hooks and pre-hooks of a module do is part of the program."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    model[0].register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    model[0].register_forward_hook(lambda module, args, output: output + args[0])
    model[1].register_forward_hook(lambda module, args, kwargs, output: output * 3, with_kwargs=True)
    model.register_forward_hook(lambda module, args, output: None)

    program = fullgraph.export(model, (torch.randn(2, 3),), dynamic_shapes=("n _",))

    x = torch.randn(5, 3)
    torch.testing.assert_close(program(x), model(x))


def test_meta_modules() -> None:
    """A model without memory is exported without any; its tensors stay on meta."""
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(100_000, 100_000), nn.BatchNorm1d(100_000))
    program = fullgraph.export(
        model.eval(), (torch.empty(4, 100_000, device="meta"),), dynamic_shapes=("n _",)
    )

    assert all(tensor.is_meta for tensor in program.state_dict.values())
    assert program.state_dict["0.weight"] is model[0].weight


def test_an_input_that_is_also_a_parameter() -> None:
    """A tensor given as an argument and held by the module: as eager, or rejected when one is written."""
    model = nn.Linear(3, 3)

    def fn(x: torch.Tensor) -> torch.Tensor:
        return model.weight * x

    program = fullgraph.export(fn, (torch.randn(3, 3),))
    torch.testing.assert_close(program(model.weight), model.weight * model.weight)

    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("state", torch.zeros(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.state.add_(1)
            return self.state + x

    writes = Writes()
    program = fullgraph.export(writes, (torch.zeros(3),))
    with pytest.raises(fullgraph.ContractError):
        program(writes.state)
    assert torch.equal(writes.state, torch.zeros(3))
