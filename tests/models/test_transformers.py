"""Every architecture of the table: exported as it is, and equal to eager at sizes it was not exported with."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

import fullgraph
from benchmarks.models import MODELS, Model, compare

STRAIGHT = [model for model in MODELS.values() if not model.asks]
ASKING = [model for model in MODELS.values() if model.asks]
TOLERANCE = 2e-5


def export(model: Model, module: nn.Module) -> fullgraph.ExportedProgram:
    return fullgraph.export(module, kwargs=model.example_inputs(), **model.specs)


def assert_as_eager(model: Model, module: nn.Module, program: fullgraph.ExportedProgram) -> None:
    """The outputs, caches among them, at the example's sizes and at all others."""
    for sizes in (model.example, *model.others):
        with torch.no_grad():
            expected, actual = module(**model.at(sizes)), program(**model.at(sizes))
        found = compare(expected, actual)
        assert found.tensors
        assert found.within(TOLERANCE), (dict(sizes), found)


@pytest.mark.parametrize("model", STRAIGHT, ids=lambda model: model.name)
def test_equals_eager_at_sizes_it_was_not_exported_with(model: Model) -> None:
    module = model.build()
    before = state_of(module)

    program = export(model, module)

    assert compare(before, state_of(module)).within(0.0), "the export changed the module"
    assert_as_eager(model, module, program)


@pytest.mark.parametrize("model", ASKING, ids=lambda model: model.name)
def test_what_needs_control_flow_is_right_or_refused(model: Model) -> None:
    module = model.build()
    try:
        program = export(model, module)
    except fullgraph.CaptureError:
        return

    assert_as_eager(model, module, program)


def state_of(module: nn.Module) -> dict[str, Any]:
    """All parameters and buffers, non-persistent ones too."""
    return {
        name: copy.deepcopy(value.detach())
        for name, value in [*module.named_parameters(), *module.named_buffers()]
    }


@pytest.mark.parametrize("name", ["llama", "t5", "vit"])
def test_a_size_outside_the_contract_is_rejected(name: str) -> None:
    """Another rank or dtype than the example's is no dynamic size."""
    model = MODELS[name]
    program = export(model, model.build())
    first, *_ = model.inputs
    inputs = model.example_inputs()

    with pytest.raises(fullgraph.ContractError, match=first):
        program(**{**inputs, first: inputs[first][0]})
    with pytest.raises(fullgraph.ContractError, match=first):
        program(**{**inputs, first: inputs[first].to(torch.float64)})


def test_a_position_beyond_the_table_is_rejected() -> None:
    model = MODELS["bert"]
    program = export(model, model.build())

    with pytest.raises(fullgraph.ContractError, match="seq"):
        program(**model.at({"batch": 2, "seq": 65}))


def test_tied_parameters_stay_tied() -> None:
    """GPT-2 uses its token embedding as the last linear layer: one parameter, one input of the graph."""
    model = MODELS["gpt2"]
    program = export(model, model.build())

    lifted = list(program.graph_signature.parameters)

    assert "transformer.wte.weight" in lifted
    assert "lm_head.weight" not in lifted
    assert len(lifted) == len(set(lifted))
