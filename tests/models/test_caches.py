"""Caches of `transformers` as inputs and outputs: plain objects that nobody registered, changed by the program."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import StaticCache

import fullgraph
from benchmarks.models import MODELS, Model, compare

DECODE_STEPS = [model for model in MODELS.values() if "past_key_values" in model.inputs and not model.asks]
TOLERANCE = 2e-5


def test_generation_step_by_step() -> None:
    """The program of one decode step, fed with its own cache, generates what eager generates."""
    model = MODELS["llama_decode"]
    module = model.build()
    program = fullgraph.export(module, kwargs=model.example_inputs(), **model.specs)
    start = {"batch": 3, "past": 4}
    wanted, came = model.at(start), model.at(start)

    for _ in range(5):
        with torch.no_grad():
            expected, actual = module(**wanted), program(**came)
        token = expected.logits[:, -1:].argmax(-1)
        assert torch.equal(token, actual.logits[:, -1:].argmax(-1))
        wanted = {"input_ids": token, "past_key_values": expected.past_key_values, "use_cache": True}
        came = {"input_ids": token, "past_key_values": actual.past_key_values, "use_cache": True}

    assert compare(wanted, came).within(TOLERANCE)
    assert came["past_key_values"].get_seq_length() == 4 + 5


@pytest.mark.parametrize("model", DECODE_STEPS, ids=lambda model: model.name)
def test_a_cache_passed_in_is_extended_as_in_eager(model: Model) -> None:
    module = model.build()
    program = fullgraph.export(module, kwargs=model.example_inputs(), **model.specs)
    wanted, came = model.at(model.others[1]), model.at(model.others[1])

    with torch.no_grad():
        expected, actual = module(**wanted), program(**came)

    assert compare(wanted, came).within(TOLERANCE)
    assert (expected.past_key_values is wanted["past_key_values"]) == (
        actual.past_key_values is came["past_key_values"]
    )


def test_a_static_cache_is_written_in_place() -> None:
    """Keys, values and the position are tensors that the model changes by `index_copy_` and `add_`."""
    model = MODELS["llama"]
    module = model.build()
    config: Any = module.config

    def inputs(seq: int, filled: int) -> dict[str, Any]:
        cache = StaticCache(config, max_cache_len=24)
        ids = torch.arange(2 * (filled + seq)).reshape(2, -1) % 90 + 3
        with torch.no_grad():
            module(input_ids=ids[:, :filled], past_key_values=cache)
        return {"input_ids": ids[:, filled:], "past_key_values": cache}

    program = fullgraph.export(module, kwargs=inputs(3, 5), dynamic_shapes={"input_ids": "2 seq"})

    for seq, filled in ((3, 5), (1, 9), (6, 2)):
        wanted, came = inputs(seq, filled), inputs(seq, filled)
        with torch.no_grad():
            expected, actual = module(**wanted), program(**came)
        assert compare(expected, actual).within(TOLERANCE)
        assert compare(wanted, came).within(TOLERANCE)
