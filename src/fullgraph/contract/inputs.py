"""`Input`: one flattened argument of the program, as the layers above hand it to the contract."""

from __future__ import annotations

from dataclasses import dataclass
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
