"""Shapes of operators without a rule: PyTorch's own meta kernels, run on tensors that have sizes and no data.

Static sizes go to the C++ kernels. Symbolic sizes go to the Python ones, which compute with `torch.SymInt`; the
questions they ask are answered as any other (decided from facts, or an assumption with its origin).

A composite operator whose meta kernel looks at contents (`tensor_split` at the places in a tensor), or at sizes as
plain integers, is recorded by its parts instead. Any other without a meta kernel is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch

from fullgraph.contract import Ledger
from fullgraph.errors import DataDependent, FullgraphError, Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, Scope, expr_of, to_python
from fullgraph.tracing.dispatch import OpOverload, is_composite, plain_torch, symbolic_torch
from fullgraph.tracing.records import Records
from fullgraph.tracing.rules import Out
from fullgraph.tracing.strides import contiguous_strides, strides_of
from fullgraph.tracing.traced import Size, Value

_META = torch.device("meta")
Number = Callable[["Expr | Bool"], Any]  # what a kernel gets for a symbolic number


class NoShape(Exception):
    """PyTorch's meta kernels have no answer; the cause says why."""


def shape_by_meta(
    op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope, ledger: Ledger
) -> Any:
    """Return what the operator returns, with an `Out` for each tensor.

    Args:
        op: a pure operator or a view.
        args: values, sizes and Python values, as recorded.
        kwargs: likewise.
        scope: answers questions on sizes.
        ledger: where its assumptions are written down; those of a kernel without an answer are forgotten.

    Raises:
        NoShape: there is no meta kernel, or it fails where the operator's parts may not.
        Exception: what eager PyTorch raises for these arguments.
    """
    symbolic = any(True for _ in _sizes_in((args, kwargs)))
    before = (scope.mark(), ledger.mark()) if symbolic else None
    try:
        with symbolic_torch() if symbolic else plain_torch():
            result = _run(op, args, kwargs, partial(to_python, scope=scope), scope.taking_defaults())
    except FullgraphError:
        raise
    except Exception as error:  # whatever it is, it is raised again or asked of eager
        if before is not None:
            scope.undo(before[0])
            ledger.undo(before[1])
        is_without_shape = isinstance(error, NotImplementedError) or _is_undescribed(op, error)
        if is_composite(op) or is_without_shape or _is_of_meta(error):
            raise NoShape(str(op)) from error
        if not symbolic:
            raise
        try:
            result = _run_at_example(op, args, kwargs, scope)
        except RuntimeError as at_example:
            if _is_of_meta(at_example):
                raise NoShape(str(op)) from at_example
            raise
    return _outs(result, _device_of(args, kwargs))


def _is_of_meta(error: BaseException | None) -> bool:
    """Whether a kernel refuses tensors without contents; what else it raises, eager raises too."""
    return isinstance(error, RuntimeError) and " meta " in str(error).lower()


def _is_undescribed(op: OpOverload, error: BaseException | None) -> bool:
    """Whether an operator that PyTorch does not bring along lacks a description of what it returns."""
    is_missing = isinstance(error, NotImplementedError) or "no fake impl" in str(error)
    return is_missing and op.namespace not in ("aten", "prims")


def _run(
    op: OpOverload,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    number: Number,
    making: AbstractContextManager[None] | None = None,
) -> Any:
    made: dict[int, torch.Tensor] = {}
    # Whether a tensor without contents is empty is nothing that the program hangs on.
    with making or nullcontext():
        taken, named = _to_meta(args, number, made), _to_meta(kwargs, number, made)
    return op(*taken, **named)


def _run_at_example(op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope) -> Any:
    """The kernel does not take symbols: it gets the example's sizes, each a line of the contract.

    It is run on them first with nothing written down, so that what eager raises for the example is raised as it is.
    """
    numbers = list(_sizes_in((args, kwargs)))
    if all(scope.hint_of(what) is not None for what in numbers):
        with plain_torch():
            _run(op, args, kwargs, scope.hint_of)
    known = {what: scope.ask(what) if isinstance(what, Bool) else scope.value_of(what) for what in numbers}
    with plain_torch():
        return _run(op, args, kwargs, known.__getitem__)


def by_parts(
    recorder: Records, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], failure: NoShape
) -> Any:
    """Record a composite operator by its parts, each of which is met again.

    Raises:
        Unsupported: it has no parts.
        Exception: what eager PyTorch raises for these arguments.
    """
    if not is_composite(op):
        cause, is_by_contents = failure.__cause__, torch.Tag.dynamic_output_shape in op.tags
        if is_by_contents or (_is_of_meta(cause) and not _is_undescribed(op, cause)):
            raise DataDependent(
                f"The sizes of what `{op}` returns depend on the contents of its arguments.",
                why="They are known only when the program runs, and differ from call to call.",
                instead="Use operators whose results have known sizes, with a mask for what is left out.",
                where=origin_here(),
                case="packed_sequence",
            ) from failure
        raise Unsupported(
            f"The sizes of what `{op}` returns cannot be told.",
            why="The operator has no meta kernel, which would work them out without running it.",
            instead="Register one: `torch.library.register_fake` for an operator of your own; or use another operator.",
            where=origin_here(),
            case="operator_without_shapes",
        ) from failure
    given = tuple(recorder.give(argument) for argument in args)
    named = {name: recorder.give(argument) for name, argument in kwargs.items()}
    scope, ledger = recorder.scope, recorder.ledger
    facts, lines = scope.mark(), ledger.mark()
    try:
        return recorder.take(recorder.interceptor.decompose(op, given, named))
    except Exception as error:  # whatever it is, it is raised again or asked of eager
        if isinstance(error, FullgraphError) and not isinstance(error.__cause__, NoShape):
            raise
        # Its parts may look at sizes, or at memory, from C++ (`ctc_loss`). What they recorded is used by nothing.
        scope.undo(facts)
        ledger.undo(lines)
        try:
            result = _run_at_example(op, args, kwargs, scope)
        except FullgraphError:
            raise
        except Exception:  # noqa: BLE001  # what the parts raised is what eager raises
            raise error from failure
        return recorder.results(op, args, kwargs, _outs(result, _device_of(args, kwargs)))


def values_in(tree: Any) -> Iterator[Value]:
    """Yield the values in arguments, in order."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from values_in(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from values_in(item)


def _sizes_in(tree: Any) -> Iterator[Any]:
    """Yield the symbolic numbers in arguments: sizes, strides, and numbers given as such."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, (Expr, Bool)):
            yield item
        elif isinstance(item, Value):
            stack.extend((item.dims, _steps(item)))
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)


def _device_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device:
    named = kwargs.get("device")
    if named is None:
        named = next((a for a in args if isinstance(a, torch.device)), None)
    if named is not None:
        return torch.device(named)
    values = list(values_in((args, kwargs)))
    on_devices = [value.device for value in values if value.dims] or [value.device for value in values]
    return on_devices[0] if on_devices else torch.get_default_device()


def _to_meta(tree: Any, number: Number, made: dict[int, torch.Tensor]) -> Any:
    if isinstance(tree, Value):
        if id(tree) not in made:
            made[id(tree)] = _meta_tensor(tree, number)
        return made[id(tree)]
    if isinstance(tree, (Expr, Bool)):
        return number(tree)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_to_meta(item, number, made) for item in tree)
    if isinstance(tree, dict):
        return {
            k: _META if k == "device" and v is not None else _to_meta(v, number, made)
            for k, v in tree.items()
        }
    return _META if isinstance(tree, torch.device) else tree


def _meta_tensor(value: Value, number: Number) -> torch.Tensor:
    """Return a tensor on the meta device with the value's sizes, strides (where known) and dtype."""
    sizes, steps = (
        [size if isinstance(size, int) else number(size) for size in sizes]
        for sizes in (value.dims, _steps(value))
    )
    return torch.empty_strided(sizes, steps, dtype=value.dtype, device=_META)


def _steps(value: Value) -> tuple[Size, ...]:
    strides = strides_of(value)
    return contiguous_strides(value.dims) if strides is None else strides


def _outs(result: Any, device: torch.device) -> Any:
    if isinstance(result, torch.Tensor):
        dims = tuple(size if type(size) is int else _size(size) for size in result.shape)
        return Out(dims, result.dtype, device)
    if isinstance(result, (list, tuple)):
        return [_outs(item, device) for item in result]
    return result


def _size(size: Any) -> Size:
    expr = expr_of(size)
    return expr.value if expr.is_const else expr
