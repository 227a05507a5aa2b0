"""Equality of whatever a program takes or returns: any nesting, tensors with dtype, device and size."""

import dataclasses
import math
from collections.abc import Mapping

import torch
from torch.utils import _pytree as pytree


def assert_equal(expected, actual, where="output", *, rtol=None, atol=None):
    """Two values have the same structure, the same types and equal leaves.

    Args:
        expected: what eager gave.
        actual: what the program gave.
        where: names the value in the message.
        rtol: as in `torch.testing.assert_close`.
        atol: as in `torch.testing.assert_close`.
    """
    __tracebackhide__ = True
    if isinstance(expected, torch.Tensor):
        _assert_same_tensor(expected, actual, where, rtol, atol)
        return
    assert type(actual) is type(expected), f"{where}: {type(actual)} instead of {type(expected)}"
    for name, (one, other) in _children(expected, actual, where).items():
        assert_equal(one, other, name, rtol=rtol, atol=atol)
    if not _is_nested(expected):
        both_nan = isinstance(expected, float) and math.isnan(expected) and math.isnan(actual)
        close = isinstance(expected, float) and math.isclose(expected, actual, rel_tol=rtol or 1e-9)
        assert both_nan or close or expected == actual, f"{where}: {actual!r} instead of {expected!r}"


def sharing(value):
    """Return for each tensor in a value the number of the first one that shares its storage.

    Equal lists mean equal aliasing. Empty tensors share nothing.
    """
    seen = {}
    numbers = []
    for number, tensor in enumerate(tensors_of(value)):
        storage = tensor.untyped_storage().data_ptr() or object()
        numbers.append(seen.setdefault(storage, number))
    return numbers


def tensors_of(value):
    """Return all tensors in a value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    pairs = _children(value, value, "")
    return [tensor for child, _ in pairs.values() for tensor in tensors_of(child)]


def _assert_same_tensor(expected, actual, where, rtol, atol):
    __tracebackhide__ = True
    assert isinstance(actual, torch.Tensor), f"{where}: {type(actual)} instead of a tensor"
    same_type = type(actual) is type(expected) or isinstance(expected, torch.nn.Parameter)
    assert same_type, f"{where}: {type(actual)} instead of {type(expected)}"
    assert actual.shape == expected.shape, (
        f"{where}: {tuple(actual.shape)} instead of {tuple(expected.shape)}"
    )
    torch.testing.assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=True,
        msg=lambda text: f"{where}: {text}",
    )


def _is_nested(value):
    return (
        isinstance(value, list | tuple | Mapping)
        or dataclasses.is_dataclass(value)
        or type(value) in pytree.SUPPORTED_NODES
    )


def _children(expected, actual, where):
    """Return `{place: (one, other)}`; the two have been found to have one type."""
    if isinstance(expected, Mapping):
        assert list(actual) == list(expected), f"{where}: keys {list(actual)} instead of {list(expected)}"
        return {f"{where}[{key!r}]": (expected[key], actual[key]) for key in expected}
    if isinstance(expected, list | tuple):
        assert len(actual) == len(expected), f"{where}: {len(actual)} values instead of {len(expected)}"
        return {f"{where}[{i}]": pair for i, pair in enumerate(zip(expected, actual, strict=True))}
    if dataclasses.is_dataclass(expected) and not isinstance(expected, type):
        names = [field.name for field in dataclasses.fields(expected)]
        return {f"{where}.{name}": (getattr(expected, name), getattr(actual, name)) for name in names}
    if type(expected) in pytree.SUPPORTED_NODES:
        flatten = pytree.SUPPORTED_NODES[type(expected)].flatten_fn
        (ones, one_context), (others, other_context) = flatten(expected), flatten(actual)
        assert one_context == other_context, f"{where}: {other_context} instead of {one_context}"
        assert len(ones) == len(others), f"{where}: {len(others)} values instead of {len(ones)}"
        return {f"{where}.{i}": pair for i, pair in enumerate(zip(ones, others, strict=True))}
    return {}
