"""Dtypes of results: PyTorch itself decides them, on tensors of one element without data.

Type promotion has many rules (a Python number counts less than a scalar tensor, which counts less than a tensor; an
integer divided by an integer is of the default dtype; sums widen), and each operator its own exceptions. So the
operator is run once on the meta device for each kind of arguments, and the answer is kept. With `ranks`, tensors
keep their number of dims and integers their values, as operators that take dims need; without, an elementwise
operator shares one answer for all ranks but zero.

Invariant: the key holds all that a dtype can depend on. Contents and sizes are no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Protocol

import torch

from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.dispatch import OpOverload, plain_torch


class Shaped(Protocol):
    """What stands for a tensor among an operator's arguments."""

    @property
    def dims(self) -> tuple[int | Expr, ...]: ...
    @property
    def dtype(self) -> torch.dtype: ...
    @property
    def device(self) -> torch.device: ...


_NUMBERS = frozenset({int, float, complex})
_VALUES = frozenset({bool, str, NoneType, torch.dtype, torch.layout, torch.memory_format})
_IRRELEVANT = frozenset({torch.device, torch.Generator})
_SEQUENCES = frozenset({list, tuple, torch.Size})
_NOT_TENSORS = _NUMBERS | _VALUES | _IRRELEVANT | _SEQUENCES | {Expr, Bool}
_META = torch.device("meta")
_CPU = torch.device("cpu")
# More kinds of arguments than any program has; only there so that a process which never ends does not grow.
_MOST_ANSWERS = 50_000

_answers: dict[Any, Any] = {}


def is_tensor(argument: Any) -> bool:
    """Say whether an argument stands for a tensor."""
    return type(argument) not in _NOT_TENSORS and not isinstance(argument, (int, float))


def tensors_in(args: Sequence[Any]) -> list[Shaped]:
    """Return the tensors among arguments, also those in lists."""
    found: list[Shaped] = []
    for argument in args:
        kind = type(argument)
        if kind is list or kind is tuple:
            found += tensors_in(argument)
        elif kind not in _NOT_TENSORS and not isinstance(argument, (int, float)):
            found.append(argument)
    return found


def dtypes_of(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], ranks: bool) -> Any:
    """Return the dtype of the result, or a list of them; None when PyTorch cannot say without data.

    Args:
        op: the operator.
        args: its arguments as a rule gets them.
        kwargs: likewise.
        ranks: whether the number of dims and the values of integers matter.
    """
    key: Any = (op, torch.get_default_dtype(), *_key(args, ranks))
    if kwargs:
        key = (*key, *kwargs, *_key(tuple(kwargs.values()), ranks))
    try:
        return _answers[key]
    except KeyError:
        pass
    if len(_answers) > _MOST_ANSWERS:
        _answers.clear()
    answer = _answers[key] = _try(op, args, kwargs, ranks)
    return answer


def _key(args: Sequence[Any], ranks: bool) -> list[Any]:
    key: list[Any] = []
    for argument in args:
        kind = type(argument)
        if kind in _VALUES:
            key.append(argument)
        elif kind in _NUMBERS:
            # Beside its kind, so that 1, 1.0 and True are told apart.
            key.append((kind, argument) if ranks else kind)
        elif kind in _SEQUENCES:
            key.append(tuple(_key(argument, ranks)))
        elif kind is Expr:
            key.append(float if argument.is_float else int)
        elif kind is Bool:
            key.append(bool)
        elif kind in _IRRELEVANT:
            key.append(None)
        elif isinstance(argument, (int, float)):
            key.append((kind, argument))
        else:
            key.append((argument.dtype, len(argument.dims) if ranks else argument.dims == ()))
    return key


def _try(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], ranks: bool) -> Any:
    # On the CPU first: many meta kernels are Python, and the first of those to run imports torch._dynamo for a second.
    if torch.Tag.nondeterministic_seeded not in op.tags:
        try:
            return _dtypes_in(_run(op, args, kwargs, ranks, _CPU))
        except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError):
            pass  # one element is not enough for this operator's data; its meta kernel looks at none
    try:
        return _dtypes_in(_run(op, args, kwargs, ranks, _META))
    except NotImplementedError:
        return None


def _run(
    op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], ranks: bool, device: torch.device
) -> Any:
    with plain_torch(), torch.no_grad():
        given = [_tiny(argument, ranks, device) for argument in args]
        named = {name: _tiny(argument, ranks, device) for name, argument in kwargs.items()}
        return op(*given, **named)


def _dtypes_in(result: Any) -> Any:
    if isinstance(result, torch.Tensor):
        return result.dtype
    if isinstance(result, (list, tuple)):
        return [_dtypes_in(item) for item in result]
    return None


def _tiny(argument: Any, ranks: bool, device: torch.device) -> Any:
    kind = type(argument)
    if kind in _SEQUENCES:
        return [_tiny(item, ranks, device) for item in argument]
    if kind is Expr:
        return 1.0 if argument.is_float else 1
    if kind is Bool:
        return True
    if kind is torch.device:
        return device
    if not is_tensor(argument):
        return argument
    rank = len(argument.dims)
    sizes = (1,) * (rank if ranks else min(rank, 1))
    # An index must be 0 to be in bounds of one element; a divisor must not be.
    return torch.full(
        sizes, 0 if ranks and not argument.dtype.is_floating_point else 1, dtype=argument.dtype, device=device
    )
