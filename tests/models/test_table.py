"""The table of models and what compares two results: no exporter is needed for either."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from benchmarks.models import MODELS, Model, compare, evaluate, names_in


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_table_asks_for_what_it_says(model: Model) -> None:
    """Four other sizes, a batch of one among them; every dynamic size is another in one of them."""
    sizes = model.others

    assert len(sizes) == 4
    assert all(any(other[name] != model.example[name] for other in sizes) for name in model.dynamic)
    assert set(model.dynamic) == set(model.example)
    assert any(other[model.dynamic[0]] == 1 for other in sizes)


def test_inputs_are_the_same_each_time() -> None:
    model = MODELS["llama_decode"]

    assert compare(model.example_inputs(), model.example_inputs()).within(0.0)


def test_modules_are_the_same_each_time() -> None:
    model = MODELS["bert"]

    assert compare(dict(model.build().named_parameters()), dict(model.build().named_parameters())).within(0.0)


@pytest.mark.parametrize(("dim", "size"), [("3", 3), ("batch", 5), ("8*h", 16), ("h+1", 3), ("2*h+1", 5)])
def test_a_dim_has_the_value_its_text_says(dim: str, size: int) -> None:
    assert evaluate(dim, {"batch": 5, "h": 2}) == size


@pytest.mark.parametrize("dim", ["", "h*8", "-1", "8 * h", "h-1"])
def test_a_dim_that_cannot_be_read_is_refused(dim: str) -> None:
    with pytest.raises(ValueError, match="cannot read the dim"):
        evaluate(dim, {"h": 2})


def test_names_in_a_shape() -> None:
    assert names_in("batch 3 8*h 8*w") == {"batch", "h", "w"}


def cache_of(keys: torch.Tensor) -> DynamicCache:
    cache = DynamicCache()
    cache.update(keys, keys + 1, 0)
    return cache


X = torch.arange(12.0).reshape(1, 1, 3, 4)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (X, X.double()),
        (X, X[..., :3]),
        (X.long(), X.long() + 1),
        (X, None),
        (X, X / 0),
        ([X], [X, X]),
        ([X], (X,)),
        ({"a": X}, {"b": X}),
        ({"a": 1}, {"a": 2}),
        (cache_of(X), cache_of(X[:, :, :2])),
    ],
    ids=["dtype", "size", "integers", "none", "infinity", "length", "kind", "keys", "value", "cache"],
)
def test_what_differs_in_kind_is_no_number(expected: Any, actual: Any) -> None:
    found = compare(expected, actual)

    assert found.broken
    assert not found.within(1e9)


def test_the_largest_difference_is_found_wherever_it_is() -> None:
    expected = {"logits": [X, cache_of(X)], "loss": None}
    actual = copy.deepcopy(expected)
    actual["logits"][1].layers[0].values[0, 0, 1, 2] += 0.5

    found = compare(expected, actual)

    assert found.largest == 0.5
    assert found.within(0.5)
    assert not found.within(0.4)


def test_equal_nan_and_infinity_are_equal() -> None:
    x = torch.tensor([float("nan"), float("inf"), 1.0])

    assert compare(x, x.clone()).within(0.0)
