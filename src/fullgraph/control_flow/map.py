"""`map`: a function runs on each row of tensors, and its results are stacked.

As a node: `map_impl(body, xs, operands)`. A body that writes to its surroundings depends on the order of its steps and
is a `scan` that carries nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.recording import record_body, refuse_in_transform, refuse_written, stands_for
from fullgraph.control_flow.scan import along, record_rows, rows_in_trace, scan_rows_in_order, stacked_out
from fullgraph.control_flow.writes_in_steps import CheckedStep
from fullgraph.tracing import Frame, Out, Records, Value, all_operands, attach, call_subgraphs

_OPERATOR: Any = torch.ops.higher_order.map_impl
Function = Callable[..., Any]


def map(f: Function, xs: Any, *args: Any) -> Any:
    """Return `f(x, *args)` for each `x` along the leading dim of `xs`, stacked.

    The function may use tensors, sizes and modules from around it, and write to them. Without any rows the results have
    no elements.

    Args:
        f: the function.
        xs: a tensor, or a nesting of tensors of one length.
        args: passed to each call.

    Example:
        >>> map(lambda x, y: x + y, torch.zeros(2, 3), torch.ones(3)).shape
        torch.Size([2, 3])
    """
    structure: list[pytree.TreeSpec] = []

    def rows_of(rows: list[torch.Tensor], spec: pytree.TreeSpec) -> tuple[Any, list[Any], Any]:
        def step(*row: Any) -> list[Any]:
            flat, found = pytree.tree_flatten(f(pytree.tree_unflatten(list(row), spec), *args))
            structure[:] = [found]
            return flat

        checked = CheckedStep(f, step, 0)
        stacked = scan_rows_in_order(checked, [], rows)[1]
        checked.refuse_written_results()
        return None, stacked, structure[0]

    return along(xs, 0, False, rows_of)[1]


def recorded(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for `map` during a trace."""
    return _recorder_of(recorder, at_least_one=False)


def recorded_as_torch(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for PyTorch's `map`, which refuses an empty `xs`."""
    return _recorder_of(recorder, at_least_one=True)


def _recorder_of(recorder: Records, at_least_one: bool) -> Callable[..., Any]:
    def record(f: Function, xs: Any, *args: Any) -> Any:
        refuse_in_transform(recorder, "map")

        def rows_of(rows: list[torch.Tensor], spec: pytree.TreeSpec) -> tuple[Any, list[Any], Any]:
            values = rows_in_trace(recorder, rows, at_least_one)
            return _record(recorder, f, values, spec, args)

        return along(xs, 0, False, rows_of)[1]

    return record


def _record(
    recorder: Records, f: Function, rows: list[Value], spec: pytree.TreeSpec, args: Sequence[Any]
) -> tuple[None, list[Any], pytree.TreeSpec]:
    known = frozenset(recorder.scope.symbols)
    tensors = (leaf for leaf in pytree.tree_leaves(args) if isinstance(leaf, torch.Tensor))
    passed = list(dict.fromkeys(recorder.as_arguments([recorder.take(tensor) for tensor in tensors])))

    def arguments(frame: Frame) -> list[Any]:
        row = [frame.argument(Out(v.dims[1:], v.dtype, v.device), v.requires_grad) for v in rows]
        for node in passed:
            frame.operand(node)
        return recorder.give(row)

    def body_of(*row: Any) -> Any:
        return f(pytree.tree_unflatten(list(row), spec), *args)

    stands_for(f, body_of)
    body = record_body(recorder, body_of, arguments, fresh=True)
    refuse_written(recorder, body)
    if body.frame.written:
        return _record_as_scan(recorder, f, rows, spec, args)
    places = [i for i, leaf in enumerate(body.leaves) if isinstance(leaf, Value)]
    outs = [stacked_out(recorder, body, body.leaves[i], rows[0].dims[0], known) for i in places]
    operands = all_operands([body.frame])
    module = attach(
        recorder, f"map_{body.name}", body.frame.close(tuple(body.nodes[i] for i in places), operands)
    )
    call = (module, tuple(recorder.as_arguments(rows)), (*passed, *operands))
    made = call_subgraphs(recorder, _OPERATOR, call, outs, [body.leaves[i].requires_grad for i in places])
    stacked = dict(zip(places, made))
    return None, [recorder.give(stacked.get(i, leaf)) for i, leaf in enumerate(body.leaves)], body.spec


def _record_as_scan(
    recorder: Records, f: Function, rows: list[Value], spec: pytree.TreeSpec, args: Sequence[Any]
) -> tuple[None, list[Any], pytree.TreeSpec]:
    def step(carry: Any, row: Any) -> Any:
        return (), f(row, *args)

    stands_for(f, step)
    _, stacked, structure = record_rows(recorder, step, (), rows, spec)
    return None, stacked, structure
