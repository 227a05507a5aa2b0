"""How two outcomes of a call differ: sizes, strides, dtypes, contents, and which tensors share memory.

An outcome is what a call returned with the tensors it was given, or the exception that it raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

Tensors = list[torch.Tensor]


def outcome(function: Callable[[Tensors], Any], tensors: Tensors) -> Any:
    """Call a function with the generator seeded; return what it returns, or the exception."""
    # `torch.manual_seed` also notes down the stack, three times, for devices that are not there.
    torch.default_generator.manual_seed(0)
    try:
        return function(tensors)
    except Exception as error:  # noqa: BLE001  # whether both raise is what is compared
        return error


def difference(expected: Any, actual: Any, contents: bool) -> str:
    """Say how two results differ; the empty string if they do not.

    Args:
        expected: what eager returned, a tree of tensors and Python values.
        actual: what the program returned.
        contents: whether the values of tensors mean anything.
    """
    if isinstance(actual, Exception):
        return f"raised {one_line(actual)}"
    (ones, one_tree), (others, other_tree) = pytree.tree_flatten(expected), pytree.tree_flatten(actual)
    if one_tree != other_tree:
        return f"{other_tree} instead of {one_tree}"
    for number, (one, other) in enumerate(zip(ones, others, strict=True)):
        found = _leaf_difference(one, other, contents)
        if found:
            return f"value {number}: {found}"
    mine, wanted = shared_memory(others), shared_memory(ones)
    return "" if mine == wanted else f"values {mine} share memory instead of {wanted}"


def shared_memory(leaves: list[Any]) -> list[tuple[int, ...]]:
    """Return the groups of tensors, by their places among the leaves, that lie in one storage."""
    groups: dict[int, list[int]] = {}
    for place, leaf in enumerate(leaves):
        if isinstance(leaf, torch.Tensor) and leaf.layout is torch.strided and leaf.numel():
            groups.setdefault(leaf.untyped_storage().data_ptr(), []).append(place)
    return sorted(tuple(group) for group in groups.values() if len(group) > 1)


def one_line(error: Exception) -> str:
    """Return the kind of an exception and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]


def _leaf_difference(one: Any, other: Any, contents: bool) -> str:
    if not isinstance(one, torch.Tensor):
        # Python values and sizes; nan is equal to nan.
        return "" if one == other or (str(one) == str(other) == "nan") else f"{other!r} instead of {one!r}"
    if not isinstance(other, torch.Tensor):
        return f"{other!r} instead of a tensor"
    for what in ("shape", "dtype", "device", "layout", "is_conj", "is_neg", "requires_grad"):
        mine, wanted = getattr(other, what), getattr(one, what)
        mine, wanted = (mine(), wanted()) if callable(wanted) else (mine, wanted)
        if mine != wanted:
            return f"{what} {mine} instead of {wanted}"
    if one.layout is torch.strided and one.numel() and _steps(one) != _steps(other):
        return f"strides {other.stride()} instead of {one.stride()}"
    try:
        if contents:
            torch.testing.assert_close(other, one, equal_nan=True)
    except AssertionError as error:
        return str(error).replace("\n", " ")[:200]
    return ""


def _steps(tensor: torch.Tensor) -> list[int]:
    return [step for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1]
