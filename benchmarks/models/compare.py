"""How far two results of a model lie apart, whatever they are made of.

The idea: walk both results together, through lists, dicts, model outputs, dataclasses and caches, and
demand equality of all but floating-point numbers; of those, report the largest difference. A difference of
structure, dtype or size is never a number: it is reported as text, with the path that leads to it.

Invariant: nothing is skipped. What the walk does not know is compared with `==`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Difference:
    """What `compare` found.

    Attributes:
        largest: The largest absolute difference between two floating-point elements.
        tensors: How many tensors were compared.
        broken: What differs in kind, a line each with its path; empty when the results agree in structure.
    """

    largest: float
    tensors: int
    broken: tuple[str, ...]

    def within(self, tolerance: float) -> bool:
        """Whether the results are the same, up to this much in each floating-point element."""
        return not self.broken and self.largest <= tolerance


def compare(expected: Any, actual: Any) -> Difference:
    """Compares two results.

    Args:
        expected: What eager PyTorch returned.
        actual: What the program returned.

    Returns:
        The `Difference` over all leaves of both.
    """
    found = list(_walk("result", expected, actual))
    numbers = [item for item in found if isinstance(item, float)]
    broken = tuple(item for item in found if isinstance(item, str))
    return Difference(max(numbers, default=0.0), len(numbers), broken)


def _walk(path: str, expected: Any, actual: Any) -> Iterator[float | str]:
    """A number for each pair of tensors, a text for each difference in kind."""
    if isinstance(expected, torch.Tensor):
        yield _tensors(path, expected, actual)
    elif type(expected) is not type(actual):
        yield f"{path}: {type(expected).__name__} expected, {type(actual).__name__} came"
    elif isinstance(expected, Mapping):
        yield from _pairs(path, dict(expected), dict(actual))
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        yield from _pairs(path, dict(enumerate(expected)), dict(enumerate(actual)))
    elif _is_compared_by_identity(expected):
        yield from _pairs(path, vars(expected), vars(actual))
    elif expected != actual:
        yield f"{path}: {expected!r} expected, {actual!r} came"


def _is_compared_by_identity(value: object) -> bool:
    """Whether `==` says nothing about its contents, so that its attributes have to be compared: a cache, say."""
    equals: object = type(value).__eq__
    return equals is object.__eq__ and hasattr(value, "__dict__")


def _pairs(path: str, expected: Mapping[Any, Any], actual: Mapping[Any, Any]) -> Iterator[float | str]:
    if list(expected) != list(actual):
        yield f"{path}: {list(expected)} expected, {list(actual)} came"
        return
    for key in expected:
        yield from _walk(f"{path}.{key}", expected[key], actual[key])


def _tensors(path: str, expected: torch.Tensor, actual: Any) -> float | str:
    if not isinstance(actual, torch.Tensor):
        return f"{path}: a tensor expected, {type(actual).__name__} came"
    wanted, came = (f"{str(t.dtype).removeprefix('torch.')}{list(t.shape)}" for t in (expected, actual))
    if wanted != came:
        return f"{path}: {wanted} expected, {came} came"
    if not expected.dtype.is_floating_point or expected.numel() == 0:
        return 0.0 if torch.equal(expected, actual) else f"{path}: different {wanted}"
    same = (expected == actual) | (expected.isnan() & actual.isnan())
    gap = torch.where(same, 0.0, (expected - actual).detach().abs().double())
    return f"{path}: nan or infinity on one side only" if not gap.isfinite().all() else float(gap.max())
