"""Further examples: what `examples=` and `torch.export.AdditionalInputs` hand in, bound like the arguments of `export`.

Invariant: an example that leaves something out means the arguments of `export` by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter
from typing import Any

import torch

from fullgraph.errors import SpecError
from fullgraph.tracing.dispatch import additional_inputs
from fullgraph.tracing.inputs import Inputs, bind, signature_of

_EXAMPLES = 'examples=[(x2, y2), (x3, y3)], or examples=[{"x": x2}] with what differs by name'


def bind_examples(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    examples: Any,
    dynamic_shapes: object,
) -> list[Inputs]:
    """Bind the further examples.

    Args:
        fn: the program.
        args: the positional arguments of `export`.
        kwargs: its keyword arguments.
        examples: for each example the tuple of its positional arguments, or a dict of what differs by name.
        dynamic_shapes: as given to `export`; may be a `torch.export.AdditionalInputs`.

    Raises:
        SpecError: an example does not fit the program.
    """
    if not _is_list(examples):
        raise SpecError(f"examples is {_kind(examples)}, but it is a list of examples.", instead=_EXAMPLES)
    bound = [
        _bind(fn, args, kwargs, example, number) for number, example in enumerate(examples or (), start=2)
    ]
    return bound + [bind(fn, *call) for call in additional_inputs(dynamic_shapes)]


def _bind(
    fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], example: Any, number: int
) -> Inputs:
    if isinstance(example, Mapping):
        return _with_other(fn, args, kwargs, example)
    if not isinstance(example, (tuple, list)):
        raise SpecError(
            f"Example {number} is {_kind(example)}, but an example has all the positional arguments.",
            instead=_EXAMPLES,
        )
    try:
        by_position = signature_of(fn).bind_partial(*example).arguments
    except TypeError:  # too many of them, which is said below
        by_position = {}
    return bind(fn, example, {name: value for name, value in kwargs.items() if name not in by_position})


def _with_other(
    fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], other: Mapping[str, Any]
) -> Inputs:
    """Bind the arguments of `export`, but for some that are given by name."""
    signature = signature_of(fn)
    bound = signature.bind(*args, **kwargs)
    caught = next((p.name for p in signature.parameters.values() if p.kind is Parameter.VAR_KEYWORD), None)
    for name, value in other.items():
        if name in signature.parameters and name != caught:
            bound.arguments[name] = value
        elif caught is not None:
            bound.arguments[caught] = {**bound.arguments.get(caught, {}), name: value}
        else:
            raise SpecError(
                f"An example has {name!r}, which is no parameter of the program.",
                instead=f"one of {', '.join(signature.parameters)}",
            )
    return bind(fn, bound.args, bound.kwargs)


def _is_list(examples: object) -> bool:
    one = (str, bytes, Mapping, torch.Tensor)
    return examples is None or (isinstance(examples, Iterable) and not isinstance(examples, one))


def _kind(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
