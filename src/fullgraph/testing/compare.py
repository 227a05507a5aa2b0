"""Equality of whatever a program takes or returns: any nesting, tensors with type, dtype, device and sizes.

Floating-point tensors are compared with PyTorch's tolerances for their dtype, everything else exactly.

Invariant: two values without differences have the same structure, so that code which takes the one takes the other.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree


@dataclass(frozen=True)
class Tolerance:
    """How far floating-point numbers may be apart, as in `torch.testing.assert_close`; `None` is PyTorch's choice."""

    rtol: float | None = None
    atol: float | None = None


@dataclass(frozen=True)
class Difference:
    """One place where a program and eager differ.

    Args:
        place: where, as one would write it: `output[0].logits`.
        expected: what eager has there.
        actual: what the program has there.
        detail: more on how they differ, empty when the two say it.
    """

    place: str
    expected: str
    actual: str
    detail: str = ""

    def __str__(self) -> str:
        lines = [f"{self.place}:", f"    eager:   {self.expected}", f"    program: {self.actual}"]
        return "\n".join([*lines, *(f"    {line}" for line in self.detail.splitlines() if line)])


def differences(
    expected: Any, actual: Any, place: str = "output", tolerance: Tolerance | None = None
) -> list[Difference]:
    """Return the places where two values differ; no place at all when they are equal.

    Args:
        expected: what eager gave.
        actual: what the program gave.
        place: names the value.
        tolerance: how far floating-point numbers may be apart.
    """
    return list(_walk(expected, actual, place, tolerance or Tolerance()))


def _walk(expected: Any, actual: Any, place: str, tolerance: Tolerance) -> Iterator[Difference]:
    if isinstance(expected, torch.Tensor) and isinstance(actual, torch.Tensor):
        yield from _tensors(expected, actual, place, tolerance)
        return
    if type(expected) is not type(actual):
        yield Difference(place, _described(expected), _described(actual))
        return
    children = _children(expected)
    if children is None:
        if not _same_leaf(expected, actual, tolerance):
            yield Difference(place, repr(expected), repr(actual))
        return
    others = _children(actual) or {}
    if list(children) != list(others):
        yield Difference(place, f"has {list(children)}", f"has {list(others)}")
        return
    for key, child in children.items():
        yield from _walk(child, others[key], f"{place}{key}", tolerance)


def _tensors(
    expected: torch.Tensor, actual: torch.Tensor, place: str, tolerance: Tolerance
) -> Iterator[Difference]:
    # A parameter that is returned comes back as the tensor it is.
    same_type = type(actual) is type(expected) or isinstance(expected, torch.nn.Parameter)
    if not same_type or _described(expected) != _described(actual):
        yield Difference(place, _described(expected), _described(actual))
        return
    try:
        torch.testing.assert_close(actual, expected, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True)
    except AssertionError as error:
        yield Difference(place, _shown(expected), _shown(actual), str(error))


def _same_leaf(expected: Any, actual: Any, tolerance: Tolerance) -> bool:
    if isinstance(expected, float):
        close = math.isclose(expected, actual, rel_tol=tolerance.rtol or 1e-9, abs_tol=tolerance.atol or 0.0)
        return close or (math.isnan(expected) and math.isnan(actual))
    equality: Any = type(expected).__eq__
    if equality is object.__eq__:
        return True  # an object of its own in each call: of the same type, and nothing else to ask it
    return bool(expected == actual)


def _children(value: Any) -> dict[str, Any] | None:
    """Return the parts of a nested value by how one reaches them; None when it has none."""
    if isinstance(value, Mapping):
        return {f"[{key!r}]": child for key, child in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {f".{name}": child for name, child in zip(value._fields, value)}
    if isinstance(value, (list, tuple)):
        return {f"[{index}]": child for index, child in enumerate(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f".{each.name}": getattr(value, each.name) for each in dataclasses.fields(value)}
    if type(value) in pytree.SUPPORTED_NODES:
        leaves, context = pytree.SUPPORTED_NODES[type(value)].flatten_fn(value)
        return {**{f".{index}": child for index, child in enumerate(leaves)}, " (its other parts)": context}
    return None


def _described(value: Any) -> str:
    if not isinstance(value, torch.Tensor):
        return f"{type(value).__name__} {_shortened(repr(value))}"
    kind = type(value).__name__ if type(value) is not torch.nn.Parameter else "Tensor"
    return f"{kind} {str(value.dtype).removeprefix('torch.')}{list(value.shape)} on {value.device}"


def _shown(tensor: torch.Tensor) -> str:
    return _shortened(" ".join(repr(tensor.detach()).split())) if tensor.numel() <= 16 else _described(tensor)


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]} ..."
