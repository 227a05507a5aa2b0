"""The table of rules: for each operator, how the sizes of its result follow from its arguments.

Three decorators fill it, by what the rule itself has to say. Operators are named as in PyTorch's schemas, without
the `aten::`, several in one string:

* `@rule("view")`: a function with the operator's own parameters (and the scope in front) that returns `Out`s.
* `@dims_rule("sum.dim_IntList")`: the same, but it returns sizes only; PyTorch decides the dtypes (`dtypes`).
* `@generic_rule("add.Tensor", tag=...)`: a function of `(operator, args, kwargs, scope)` for many operators at once.

A rule may answer None for arguments it does not cover; then, as without a rule, PyTorch's meta kernels are used.

Invariant: for all sizes that satisfy the contract, with what the rule asked of the scope, either the sizes and
dtypes a rule returns are eager's, or the operator raises in eager and in the program alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.dims import Dims
from fullgraph.tracing.rules.dtypes import Shaped, dtypes_of, tensors_in


class Out(NamedTuple):
    """What a rule says of one tensor."""

    dims: Dims
    dtype: torch.dtype
    device: torch.device


Result = (
    Any  # Out, a list of what an operator with several results returns, or None: no rule for these arguments
)
Rule = Callable[[OpOverload, Sequence[Any], Mapping[str, Any], Scope], Result]
Function = TypeVar("Function", bound=Callable[..., Any])

_by_name: dict[str, Rule] = {}
_by_tag: dict[torch.Tag, Rule] = {}
# Filled as operators are met: one look-up by the overload itself, None where there is no rule.
_by_overload: dict[OpOverload, Rule | None] = {}


def shape_of(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
    """Return the sizes, dtype and device of what an operator returns.

    Args:
        op: an operator that writes nothing.
        args: its arguments; tensors have `dims`, `dtype` and `device`, sizes are `int | Expr`.
        kwargs: likewise.
        scope: what is known of the sizes; asked where the operator's behaviour depends on it.

    Returns:
        An `Out`, a list with one for each result, or None where there is no rule.

    Raises:
        Exception: what eager PyTorch raises for these arguments.
    """
    try:
        found = _by_overload[op]
    except KeyError:
        found = _by_overload[op] = _find(op)
    return None if found is None else found(op, args, kwargs, scope)


def has_rule(op: OpOverload) -> bool:
    """Say whether there is a rule for an operator (it may still decline some arguments)."""
    return _find(op) is not None


def rule_names() -> tuple[str, ...]:
    """Return the operators that have a rule of their own, without `aten::`."""
    return tuple(_by_name)


def rule(names: str) -> Callable[[Function], Function]:
    """Register a function `(scope, *args, **kwargs) -> Out(s)` for the operators named."""

    def register(function: Function) -> Function:
        def apply(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
            return function(scope, *args, **kwargs)

        _enter(names, apply)
        return function

    return register


def dims_rule(names: str) -> Callable[[Function], Function]:
    """Register a function `(scope, *args, **kwargs)` that returns the sizes of each result."""

    def register(function: Function) -> Function:
        def apply(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
            dims = function(scope, *args, **kwargs)
            if dims is None:
                return None
            dtypes = dtypes_of(op, args, kwargs, ranks=True)
            device = device_of(tensors_in(args))
            if dtypes is None or device is None:
                return None
            if isinstance(dims, list):
                return [Out(each, dtype, device) for each, dtype in zip(dims, dtypes, strict=True)]
            return Out(dims, dtypes, device)

        _enter(names, apply)
        return function

    return register


def generic_rule(names: str, tag: torch.Tag | None = None) -> Callable[[Rule], Rule]:
    """Register a function of the operator itself for the operators named, and for all that carry the tag."""

    def register(function: Rule) -> Rule:
        _enter(names, function)
        if tag is not None:
            _by_tag[tag] = function
        return function

    return register


def device_of(tensors: Sequence[Shaped]) -> torch.device | None:
    """Return the device of the result; None when devices differ in a way that PyTorch's own check must judge."""
    device: torch.device | None = None
    scalar: torch.device | None = None
    for tensor in tensors:
        if not tensor.dims:
            scalar = scalar or tensor.device  # a scalar may live anywhere
        elif device is None:
            device = tensor.device
        elif device != tensor.device:
            return None
    return device or scalar


def _enter(names: str, found: Rule) -> None:
    for name in names.split():
        if name in _by_name:
            raise ValueError(f"two rules for aten::{name}")
        _by_name[name] = found


def _find(op: OpOverload) -> Rule | None:
    namespace, _, name = op.name().partition("::")
    if namespace != "aten":
        return None
    if name in _by_name:
        return _by_name[name]
    return next((found for tag, found in _by_tag.items() if tag in op.tags), None)
