"""An operator met as a node: a graph that holds one runs inside of a trace, and the operator is recorded anew.

Such graphs are programs called inside a program, and what `torch.export` or `torch.fx` made. Here an operator has its
subgraphs and operands apart; the user's form of each operator has them in one function, which is what is recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.associative_scan import record_combined
from fullgraph.control_flow.cond import recorded as record_cond
from fullgraph.control_flow.map import recorded as record_map
from fullgraph.control_flow.recording import refuse, stands_for
from fullgraph.control_flow.running import RUNNERS, WithGraphs, WithGraphsOnce, call, run_in_grad_mode
from fullgraph.control_flow.scan import recorded as record_scan
from fullgraph.control_flow.while_loop import recorded as record_while_loop
from fullgraph.tracing import HigherOrderOperator, Records, Replacement

Original = Callable[..., Any]


def _bound(body: Callable[..., Any], operands: Sequence[Any]) -> Callable[..., Any]:
    """Return the body as a function of what the operator itself gives it."""

    def run(*given: Any) -> Any:
        return call(body, *given, *operands)

    stands_for(body, run)
    return run


def cond(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `cond(predicate, true_branch, false_branch, operands)`."""
    record = record_cond(original, recorder)

    def node(pred: Any, true_fn: Any, false_fn: Any, operands: Any = ()) -> Any:
        return record(pred, _bound(true_fn, ()), _bound(false_fn, ()), tuple(operands))

    return node


def while_loop(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `while_loop(condition, body, carried, operands)`."""
    record = record_while_loop(original, recorder)

    def node(cond_fn: Any, body_fn: Any, carried: Any, operands: Any, **_: Any) -> Any:
        return record(_bound(cond_fn, operands), _bound(body_fn, operands), tuple(carried))

    return node


def scan(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `scan(body, initial, xs, operands)`."""
    record = record_scan(original, recorder)

    def node(body: Any, init: Any, xs: Any, operands: Any) -> tuple[Any, ...]:
        step = _bound(body, operands)

        def combine(carry: Any, row: Any) -> Any:
            returned = list(step(*carry, *row))
            return returned[: len(carry)], returned[len(carry) :]

        stands_for(step, combine)
        carry, results = record(combine, list(init), list(xs))
        return (*carry, *results)

    return node


def map_impl(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `map_impl(body, xs, operands)`."""
    record = record_map(original, recorder)

    def node(body: Any, xs: Any, operands: Any) -> Any:
        step = _bound(body, operands)

        def mapped(row: Any) -> Any:
            return tuple(pytree.tree_leaves(step(*row)))

        stands_for(step, mapped)
        return record(mapped, list(xs))

    return node


def associative_scan(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `associative_scan(combine, xs, operands)`; the subgraph combines many pairs at once already."""

    def node(combine: Any, xs: Any, operands: Any) -> Any:
        return tuple(record_combined(recorder, _bound(combine, operands), list(xs)))

    return node


def autograd_function(original: Original, recorder: Records) -> Callable[..., Any]:
    """Record `autograd_function_apply(forward, backward, *tensors)`, whether or not a tensor requires a gradient."""

    def node(forward: Any, backward: Any, *args: Any, **options: Any) -> Any:
        function = WithGraphsOnce if options.get("once_differentiable") else WithGraphs
        return function.apply(forward, backward, options["non_differentiable_idx"], *args)

    return node


def grad_region(original: Original, recorder: Records) -> Callable[..., Any]:
    """Run `wrap_with_set_grad_enabled(enabled, body, *operands)` as it is: its operators are recorded one by one."""
    return run_in_grad_mode


def _as_method(replacement: Replacement) -> Replacement:
    """Return the same for the `__call__` of an operator's class."""

    def of_class(original: Original, recorder: Records) -> Callable[..., Any]:
        node = replacement(original, recorder)
        return lambda operator, *args, **kwargs: node(*args, **kwargs)

    return of_class


def _refused(original: Original, recorder: Records) -> Callable[..., Any]:
    def node(operator: HigherOrderOperator, *args: Any, **kwargs: Any) -> Any:
        refuse(
            recorder,
            f"The program calls the operator `{operator}`, which calls functions of its own.",
            "How it and they are recorded is not known.",
            "Call the functions directly, or use fullgraph.cond, while_loop, scan, map or associative_scan.",
            case="torch_cond",
        )

    return node


_higher_order: Any = torch.ops.higher_order

# Operator -> how it is recorded when a graph that holds it runs inside of a trace.
NODES: dict[Any, Replacement] = {
    _higher_order.cond: cond,
    _higher_order.while_loop: while_loop,
    _higher_order.scan: scan,
    _higher_order.map_impl: map_impl,
    _higher_order.associative_scan: associative_scan,
    _higher_order.autograd_function_apply: autograd_function,
    _higher_order.wrap_with_set_grad_enabled: grad_region,
}


def node_functions() -> dict[tuple[Any, str], Replacement]:
    """Return the function table for operators that are called as nodes, and for what runs in their place."""
    table: dict[tuple[Any, str], Replacement] = {(HigherOrderOperator, "__call__"): _refused}
    for operator, replacement in NODES.items():
        table[type(operator), "__call__"] = _as_method(replacement)
        runner = RUNNERS[operator]
        if runner is not run_in_grad_mode:
            table[sys.modules[runner.__module__], runner.__name__] = replacement
    return table
