"""Operators whose schema wants plain integers, called with sizes: `torch.hann_window(x.shape[0])`.

PyTorch would ask a size for its value before the operator reaches us. So these functions are met before it, and the
operator is recorded with the size as it is: when the program runs, it is a plain integer. It must be one whose rule
knows the result's sizes.

Invariant: without a symbolic size among the arguments, PyTorch's own function is called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch

from fullgraph.tracing.dispatch import OpOverload, inside_functorch
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement

aten = torch.ops.aten

# The function as programs find it, and the operator behind it.
_FUNCTIONS: Final[dict[tuple[Any, str], Any]] = {
    (torch, "hann_window"): aten.hann_window,
    (torch, "hamming_window"): aten.hamming_window,
    (torch, "blackman_window"): aten.blackman_window,
    (torch, "bartlett_window"): aten.bartlett_window,
    (torch, "kaiser_window"): aten.kaiser_window,
    (torch, "tril_indices"): aten.tril_indices,
    (torch, "triu_indices"): aten.triu_indices,
    (torch, "vander"): aten.vander,
    (torch, "histc"): aten.histc,
    (torch.fft, "fftfreq"): aten.fft_fftfreq,
    (torch.fft, "rfftfreq"): aten.fft_rfftfreq,
    (torch.nn.functional, "one_hot"): aten.one_hot,
    (torch.nn.functional, "adaptive_avg_pool1d"): aten.adaptive_avg_pool1d,
    (torch, "avg_pool1d"): aten.avg_pool1d,
    (torch.nn.functional, "avg_pool1d"): aten.avg_pool1d,
    (torch.nn.functional, "avg_pool2d"): aten.avg_pool2d,
    (torch.nn.functional, "avg_pool3d"): aten.avg_pool3d,
    (torch, "max_pool1d"): aten.max_pool1d,
    (torch, "max_pool2d"): aten.max_pool2d,
    (torch, "max_pool3d"): aten.max_pool3d,
}


def functions_of_plain_integers() -> FunctionTable:
    """Return what stands for these functions while a trace runs."""
    return {place: _on_sizes(packet) for place, packet in _FUNCTIONS.items()}


def _on_sizes(packet: Any) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        @functools.wraps(original)
        def function(*args: Any, **options: Any) -> Any:
            given = {name: option for name, option in options.items() if option is not None}
            requires_grad = given.pop("requires_grad", False)
            is_ours = any(map(_holds_size, (*args, *given.values()))) and not _is_transformed()
            bound = _bound(packet, args, given) if is_ours else None
            if bound is None:
                return original(*args, **options)
            op, positional, named = bound
            made = recorder.on_operator(op, positional, named)
            return made.requires_grad_() if requires_grad else made

        return function

    return replacement


def _holds_size(value: Any) -> bool:
    return isinstance(value, torch.SymInt) or (
        isinstance(value, (list, tuple)) and any(map(_holds_size, value))
    )


def _is_transformed() -> bool:
    """Whether something above the operator would change what is computed."""
    return inside_functorch() or torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda")


def _bound(
    packet: Any, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[OpOverload, tuple[Any, ...], dict[str, Any]] | None:
    """Return the overload that takes these arguments, and the arguments as it takes them."""
    for op in map(functools.partial(getattr, packet), packet.overloads()):
        arguments = [each for each in op._schema.arguments if not each.is_out]
        positional = [each for each in arguments if not each.kwarg_only]
        keywords = {each.name for each in arguments if each.kwarg_only}
        values = dict(zip([each.name for each in positional], args))
        if len(args) > len(positional) or values.keys() & named.keys():
            continue
        values |= named
        missing = {each.name for each in arguments if not each.has_default_value()} - values.keys()
        if missing or not values.keys() <= {each.name for each in arguments}:
            continue
        if all(_fits(values[each.name], each.type) for each in arguments if each.name in values):
            ordered = tuple(_in_order(positional, values))
            return op, ordered, {name: values[name] for name in keywords & values.keys()}
    return None


def _in_order(positional: list[Any], values: dict[str, Any]) -> Iterator[Any]:
    """Yield the positional arguments up to the last one given, a single number for each dim as a list of one."""
    last = max((index for index, each in enumerate(positional) if each.name in values), default=-1)
    for each in positional[: last + 1]:
        value = values.get(each.name, each.default_value)
        wants_list = each.type.kind() == "ListType" and not isinstance(value, (list, tuple))
        yield [value] if wants_list else value


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of the class that the schema says: a tensor, or none; of numbers, integers are exact."""
    name = str(kind)
    if isinstance(value, torch.Tensor):
        return name == "Tensor"
    if name == "int":
        return isinstance(value, (int, torch.SymInt)) and not isinstance(value, bool)
    return name != "Tensor"
