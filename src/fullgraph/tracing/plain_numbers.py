"""Operators whose schema says a plain number where programs give a size: `F.max_pool1d(x, x.shape[2])`.

PyTorch would ask the size for its value before the operator is seen. So these functions are met above the dispatcher,
and where a size is among their arguments the operator is recorded as it is: the graph hands it the size of each run.
The same holds of fractions (`F.layer_norm(x, (4,), eps=1 / n)`), of which other operators have one or two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from fullgraph.tracing.default_dtype import default_dtype
from fullgraph.tracing.dispatch import NEURAL_NETWORK_FUNCTIONS, OpOverload
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement

aten = torch.ops.aten


def _overloads(packet: Any) -> list[OpOverload]:
    """Return an operator's overloads that write nothing, the one with the fewest arguments first."""
    found: list[OpOverload] = [getattr(packet, name) for name in packet.overloads()]
    plain = [op for op in found if not any(argument.is_out for argument in op._schema.arguments)]
    return sorted(plain, key=lambda op: len(op._schema.arguments))


def _taking_sizes(packet: Any) -> Replacement:
    overloads = _overloads(packet)

    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            if any(map(_holds_size, args)) or any(map(_holds_size, kwargs.values())):
                given = {name: value for name, value in kwargs.items() if name != "requires_grad"}
                for op in overloads:
                    bound = _bound(op, args, given, recorder)
                    if bound is not None and recorder.interceptor.receives(op):
                        made = recorder.on_operator(op, *bound)
                        if isinstance(made, list):
                            return tuple(made)
                        return made.requires_grad_() if kwargs.get("requires_grad") else made
            return original(*args, **kwargs)

        return called

    return replacement


def _taking_fractions(packet: Any) -> Replacement:
    """Stand for a function that is mostly called with plain numbers, and takes lists of sizes as they are."""
    taking = _taking_sizes(packet)
    fractions = {a.name for op in _overloads(packet) for a in op._schema.arguments if "float" in str(a.type)}
    places = {
        index
        for op in _overloads(packet)
        for index, argument in enumerate(op._schema.arguments)
        if argument.name in fractions
    }

    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        recorded = taking(original, recorder)

        def called(*args: Any, **kwargs: Any) -> Any:
            by_place = (args[index] for index in places if index < len(args))
            by_name = (kwargs[name] for name in fractions & kwargs.keys())
            if any(isinstance(number, _NUMBERS) for number in (*by_place, *by_name)):
                return recorded(*args, **kwargs)
            return original(*args, **kwargs)

        return called

    return replacement


_NUMBERS = (torch.SymInt, torch.SymFloat)


def _holds_size(argument: Any) -> bool:
    if isinstance(argument, (list, tuple)):
        return any(map(_holds_size, argument))
    return isinstance(argument, _NUMBERS)


def _bound(
    op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], recorder: Records
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return the arguments of a call from Python as the dispatcher would pass them on; None if they do not fit."""
    positional = [argument for argument in op._schema.arguments if not argument.kwarg_only]
    named = [argument for argument in op._schema.arguments if argument.kwarg_only]
    given = {("self" if name == "input" else name): value for name, value in kwargs.items()}
    if len(args) > len(positional):
        return None
    given |= {argument.name: value for argument, value in zip(positional, args)}
    if not given.keys() <= {argument.name for argument in op._schema.arguments}:
        return None
    tensors = {argument.name for argument in op._schema.arguments if argument.type.kind() == "TensorType"}
    if any(isinstance(given[name], _NUMBERS) for name in tensors & given.keys()):
        return None
    places: list[Any] = []
    for argument in positional:
        if argument.name not in given and not argument.has_default_value():
            return None
        places.append(_as_listed(argument, given.get(argument.name, argument.default_value)))
    options = {argument.name: given[argument.name] for argument in named if argument.name in given}
    if any(argument.name == "dtype" and argument.default_value is None for argument in named):
        options["dtype"] = default_dtype(recorder) if options.get("dtype") is None else options["dtype"]
    if any(argument.name == "device" for argument in named) and options.get("device") is None:
        options["device"] = torch.get_default_device()
    return tuple(places), options


def _as_listed(argument: Any, value: Any) -> Any:
    """Return one number for all dims as a list of one for each."""
    if value is None:
        return argument.default_value
    if argument.N and isinstance(value, (int, torch.SymInt)):
        return [value] * argument.N
    return list(value) if isinstance(value, tuple) else value


@functools.cache
def plain_number_table() -> FunctionTable:
    """Return the functions whose operators take plain numbers in which sizes are given."""
    return {
        (owner, name): taking(getattr(aten, prefix + name))
        for taking, functions in ((_taking_sizes, _FUNCTIONS), (_taking_fractions, _OF_FRACTIONS))
        for owner, prefix, names in functions
        for name in names.split()
    }


# Where they are found, what the operators' names have in front, and the functions.
_IN_TORCH = """
    max_pool1d max_pool1d_with_indices max_pool2d max_pool3d avg_pool1d adaptive_avg_pool1d adaptive_max_pool1d
    group_norm tril_indices triu_indices istft hann_window hamming_window blackman_window bartlett_window kaiser_window
    vander histc
"""
_BEHIND_FUNCTIONAL = """
    max_pool2d_with_indices max_pool3d_with_indices avg_pool2d avg_pool3d adaptive_max_pool2d adaptive_max_pool3d
    one_hot im2col fractional_max_pool2d fractional_max_pool3d
"""
_FUNCTIONS: Sequence[tuple[Any, str, str]] = (
    (torch, "", _IN_TORCH),
    (NEURAL_NETWORK_FUNCTIONS, "", _BEHIND_FUNCTIONAL),
    (torch.Tensor, "", "unfold"),
    (functional, "", "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d one_hot"),
    (torch.fft, "fft_", "fftfreq rfftfreq"),
)
_OF_FRACTIONS: Sequence[tuple[Any, str, str]] = (
    (
        torch,
        "",
        """
        layer_norm batch_norm instance_norm rms_norm dropout alpha_dropout feature_dropout feature_alpha_dropout
        cosine_similarity pairwise_distance cdist pdist triplet_margin_loss margin_ranking_loss
        cosine_embedding_loss hinge_embedding_loss poisson_nll_loss
        """,
    ),
    (
        NEURAL_NETWORK_FUNCTIONS,
        "",
        "pad huber_loss smooth_l1_loss cross_entropy_loss scaled_dot_product_attention",
    ),
    (functional, "", "cosine_similarity pairwise_distance pdist scaled_dot_product_attention"),
    *((owner, "", "logit quantile nanquantile nan_to_num isclose") for owner in (torch, torch.Tensor)),
)
