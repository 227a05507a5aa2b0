"""Operators whose schemas take plain integers, called with sizes: `F.max_pool1d(x, x.size(2))`.

PyTorch would ask a size for its value before the operator is met. The graph may well have a size there: when it runs,
the size is an integer like any other. So such a call is recorded as the operator it is; a call without sizes takes
PyTorch's own way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
import torch.nn.functional as F

from fullgraph.tracing.default_dtype import default_dtype
from fullgraph.tracing.dispatch import NEURAL_NETWORK_FUNCTIONS, OpOverload, inside_functorch
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement

_aten: Final = torch.ops.aten


def plain_integers() -> FunctionTable:
    """Return what stands in for the functions that take plain integers."""
    return {(owner, name): _taking_sizes(op) for op, places in _FUNCTIONS.items() for owner, name in places}


_FUNCTIONS: Final[Mapping[OpOverload, tuple[tuple[Any, str], ...]]] = {
    _aten.linspace.default: ((torch, "linspace"),),
    _aten.logspace.default: ((torch, "logspace"),),
    _aten.triu_indices.default: ((torch, "triu_indices"),),
    _aten.tril_indices.default: ((torch, "tril_indices"),),
    _aten.hann_window.default: ((torch, "hann_window"),),
    _aten.hamming_window.default: ((torch, "hamming_window"),),
    _aten.blackman_window.default: ((torch, "blackman_window"),),
    _aten.bartlett_window.default: ((torch, "bartlett_window"),),
    _aten.one_hot.default: ((NEURAL_NETWORK_FUNCTIONS, "one_hot"), (F, "one_hot")),
    _aten.max_pool1d.default: ((torch, "max_pool1d"),),
    _aten.max_pool2d.default: ((torch, "max_pool2d"),),
    _aten.max_pool3d.default: ((torch, "max_pool3d"),),
    _aten.max_pool1d_with_indices.default: ((torch, "max_pool1d_with_indices"),),
    _aten.max_pool2d_with_indices.default: ((NEURAL_NETWORK_FUNCTIONS, "max_pool2d_with_indices"),),
    _aten.max_pool3d_with_indices.default: ((NEURAL_NETWORK_FUNCTIONS, "max_pool3d_with_indices"),),
    _aten.avg_pool1d.default: ((torch, "avg_pool1d"), (F, "avg_pool1d")),
    _aten.avg_pool2d.default: ((NEURAL_NETWORK_FUNCTIONS, "avg_pool2d"), (F, "avg_pool2d")),
    _aten.avg_pool3d.default: ((NEURAL_NETWORK_FUNCTIONS, "avg_pool3d"), (F, "avg_pool3d")),
    _aten.im2col.default: ((NEURAL_NETWORK_FUNCTIONS, "im2col"),),
    _aten.unfold.default: ((torch.Tensor, "unfold"),),
}


def _taking_sizes(op: OpOverload) -> Replacement:
    """Return what records the operator where a size is among its integers.

    It is recorded whole, and not by its parts: what the kernel of `linspace` rounds depends on vector widths and on
    threads.
    """

    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        @functools.wraps(original, updated=())
        def called(*args: Any, **options: Any) -> Any:
            if options.get("out") is not None or inside_functorch():
                return original(*args, **options)
            given = _by_name(op, args, options)
            if given is None or not any(_is_size(given.get(name)) for name in _integers(op)):
                return original(*args, **options)
            requires_grad = given.pop("requires_grad", False)
            made = recorder.on_operator(op, *_arranged(op, given, recorder))
            if isinstance(made, list):
                return tuple(made)
            return made.requires_grad_() if requires_grad else made

        return called

    return replacement


def _by_name(op: OpOverload, args: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arguments under the schema's names; None where the call is not one of this overload."""
    places = [argument.name for argument in op._schema.arguments if not argument.kwarg_only]
    if len(args) > len(places):
        return None
    given = dict(zip(places, args))
    for name, value in options.items():
        given["self" if name == "input" and "self" in places else name] = value
    known = {*(argument.name for argument in op._schema.arguments), "requires_grad", "out"}
    return given if given.keys() <= known and not _has_complex(given) else None


def _has_complex(given: Mapping[str, Any]) -> bool:
    return any(isinstance(value, complex) for value in given.values())


@functools.cache
def _integers(op: OpOverload) -> tuple[str, ...]:
    return tuple(a.name for a in op._schema.arguments if str(a.type) in ("int", "List[int]"))


def _is_size(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_size, value))
    return isinstance(value, torch.SymInt)


def _arranged(
    op: OpOverload, given: Mapping[str, Any], recorder: Records
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments as the operator takes them: lists where it has lists, plain numbers where it has numbers."""
    places: list[Any] = []
    named: dict[str, Any] = {}
    for argument in op._schema.arguments:
        name, kind = argument.name, str(argument.type)
        value = given.get(name, argument.default_value)
        if kind == "List[int]":
            value = [] if value is None else _listed(value, _length(argument))
        elif kind == "number" and isinstance(value, torch.Tensor):
            value = value.item()
        if not argument.kwarg_only:
            places.append(value)
        elif name in given:
            named[name] = value
        elif name == "dtype" and value is None:
            named[name] = default_dtype(recorder)
        elif name == "device" and (device := torch.get_default_device()).type != "cpu":
            named[name] = device
    return tuple(places), named


def _length(argument: Any) -> int | None:
    """Return the length in `int[2]`, which torch's stubs do not know."""
    length: int | None = argument.N
    return length


def _listed(value: Any, count: int | None) -> list[Any]:
    """A single number stands for all."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * (count or 1)
