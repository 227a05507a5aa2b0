"""`Input`: one flattened argument of the program, as the layers above hand it to the contract; `Parameters`: names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Input:
    """One leaf of the bound arguments.

    Args:
        path: what error messages call it: `input_ids`, `batch.image`, `past_key_values.layers.0.keys`.
        keys: the same, step by step, parameter name first: `("past_key_values", "layers", 0, "keys")`.
        value: the example: a tensor, a `TensorSpec`, or any other Python value (then specialized).
    """

    path: str
    keys: tuple[str | int, ...]
    value: Any


@dataclass(frozen=True)
class Parameters:
    """The names by which specs speak of arguments.

    Args:
        names: one for each argument that a caller hands in, in order; those caught by `**kwargs` each by its own.
        given: those that the example call gives, as the signature has them: `args` and `kwargs` are one each.
        caught: what `**kwargs` caught, by the name that it has itself.
    """

    names: tuple[str, ...]
    given: tuple[str, ...] = ()
    caught: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
