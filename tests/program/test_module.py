"""`ProgramModule`: the program with its parameters under the names the traced module gave them."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from fullgraph.errors import FullgraphError
from fullgraph.program import ProgramModule
from fullgraph.tracing import OutputRole
from tests.program.sketch import Sketch, aten, run_of

EXAMPLE = torch.ones(2, 3)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)])
        self.layers[1].weight = self.layers[0].weight
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("offset", torch.ones(3), persistent=False)

    def forward(self, x):
        self.calls += 1
        return self.layers[1](self.layers[0](x)) + self.offset


def captured(model, training=None):
    """Return the module of a program drawn after `Model`."""
    sketch = Sketch(model, (EXAMPLE,))
    w = sketch.parameter("layers.0.weight", model.layers[0].weight)
    calls = sketch.buffer("calls", model.calls)
    offset = sketch.buffer("offset", model.offset, persistent=False)
    x = sketch.user(0)
    y = sketch.call(aten.linear.default, sketch.call(aten.linear.default, x, w, dims=(2, 3)), w, dims=(2, 3))
    sketch.write(OutputRole.BUFFER, "calls", sketch.call(aten.add.Tensor, calls, 1))
    leaf = sketch.returns(sketch.call(aten.add.Tensor, y, offset, dims=(2, 3)))
    parts = dataclasses.replace(sketch.parts(leaf, modules=[("", model)]), training=training)
    return ProgramModule(parts, run_of(parts), pickled=lambda tensors: (dict, (tensors,)))


def test_names_and_tensors_are_the_models():
    model = Model()
    module = captured(model)

    assert module.state_dict().keys() == model.state_dict().keys()
    assert [name for name, _ in module.named_parameters()] == ["layers.0.weight"]
    assert module.get_parameter("layers.1.weight") is model.layers[0].weight
    assert module.calls is model.calls
    assert module.offset is model.offset


def test_it_computes_and_writes_as_the_model_does():
    model = Model()
    module = captured(copy.deepcopy(model))

    torch.testing.assert_close(module(EXAMPLE)[0], model(EXAMPLE))
    assert module.calls.item() == 1


def test_gradients_are_the_models():
    model = Model()
    module = captured(copy.deepcopy(model))
    model(EXAMPLE).pow(2).sum().backward()
    module(EXAMPLE)[0].pow(2).sum().backward()

    torch.testing.assert_close(module.layers.get_parameter("0.weight").grad, model.layers[0].weight.grad)


def test_replaced_parameters_and_submodules_are_seen():
    module = captured(Model())
    before = module(EXAMPLE)[0]
    replacement = nn.Module()
    replacement.weight = nn.Parameter(torch.zeros(3, 3))
    module.layers.add_module("0", replacement)

    assert not torch.equal(before, module(EXAMPLE)[0])
    assert torch.equal(module(EXAMPLE)[0], torch.ones(2, 3))


def test_it_moves_and_copies_like_any_module():
    module = captured(Model()).double()
    twin = copy.deepcopy(module)
    with torch.no_grad():
        twin.layers.get_parameter("0.weight").zero_()

    assert module(EXAMPLE.double())[0].dtype == torch.float64
    assert torch.equal(twin(EXAMPLE.double())[0], torch.ones(2, 3, dtype=torch.float64))
    assert not torch.equal(module(EXAMPLE.double())[0], torch.ones(2, 3, dtype=torch.float64))


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_was_fixed_at_export(training):
    module = captured(Model(), training=training)

    assert module.train(training) is module
    assert module.training is training
    with pytest.raises(FullgraphError, match="was called on a program exported in"):
        module.train(not training)


def test_a_function_has_no_mode():
    module = captured(Model())

    assert module.eval() is module.train()
