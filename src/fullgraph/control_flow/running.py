"""How a program runs the operators that call subgraphs.

PyTorch's own implementations of these operators trace, compile or interpret their subgraphs at each call. A call of a
program is to cost what its operators cost, so in what runs (never in what is shown or saved) each is replaced by
plain Python over the generated code of the subgraphs; gradients then flow through it as they do in eager.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import fx

from fullgraph.control_flow.associative_scan import scan_rows
from fullgraph.control_flow.scan import scan_rows_in_order
from fullgraph.tracing import has_contents


def call(body: Callable[..., Any], *args: Any) -> Any:
    """Run a subgraph: its generated code, without looking for hooks."""
    return type(body).forward(body, *args) if isinstance(body, fx.GraphModule) else body(*args)


def _plain(body: Callable[..., Any]) -> Callable[..., Any]:
    """Return a subgraph as a plain function."""
    return partial(type(body).forward, body) if isinstance(body, fx.GraphModule) else body


def run_in_grad_mode(enabled: bool, body: fx.GraphModule, *args: Any) -> Any:
    """Do what `wrap_with_set_grad_enabled` does, and restore the grad mode when the body raises."""
    with torch.set_grad_enabled(enabled):
        return call(body, *args)


def run_autograd_function(
    forward: fx.GraphModule, backward: fx.GraphModule, *args: Any, **options: Any
) -> Any:
    """Do what `autograd_function_apply` does; what was saved is checked for writes, as in eager."""
    if torch.is_grad_enabled() and any(isinstance(a, torch.Tensor) and a.requires_grad for a in args):
        function = WithGraphsOnce if options.get("once_differentiable") else WithGraphs
        return function.apply(forward, backward, options["non_differentiable_idx"], *args)
    with torch.no_grad():
        return call(forward, *args)[0]


class WithGraphs(torch.autograd.Function):
    """A function whose forward and backward are graphs."""

    @staticmethod
    def forward(
        ctx: Any, forward: fx.GraphModule, backward: fx.GraphModule, non_differentiable: list[int], *args: Any
    ) -> Any:
        outputs, saved = call(forward, *args)
        ctx.body = backward
        ctx.mark_non_differentiable(*(outputs[index] for index in non_differentiable))
        ctx.save_for_backward(*(value if isinstance(value, torch.Tensor) else None for value in saved))
        ctx.sizes = [None if isinstance(value, torch.Tensor) else value for value in saved]
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        saved = [size if tensor is None else tensor for tensor, size in zip(ctx.saved_tensors, ctx.sizes)]
        return (None, None, None, *call(ctx.body, *gradients, *saved))


class WithGraphsOnce(WithGraphs):
    """The same, and its gradients have none."""

    backward = staticmethod(torch.autograd.function.once_differentiable(WithGraphs.backward))  # type: ignore[assignment]


def run_cond(predicate: Any, if_true: fx.GraphModule, if_false: fx.GraphModule, operands: Any) -> Any:
    """Do what `cond` does."""
    return call(if_true if not has_contents(predicate) or predicate else if_false, *operands)


def run_while_loop(
    condition: fx.GraphModule, body: fx.GraphModule, carried: Any, operands: Any
) -> tuple[Any, ...]:
    """Do what `while_loop` does."""
    now, test, step = tuple(carried), _plain(condition), _plain(body)
    first = test(*now, *operands)
    if not has_contents(first) or not first:
        return tuple(value.clone() if isinstance(value, torch.Tensor) else value for value in now)
    while True:
        now = step(*now, *operands)
        if not test(*now, *operands):
            return now


def run_scan(body: fx.GraphModule, init: Any, xs: Any, operands: Any) -> tuple[Any, ...]:
    """Do what `scan` does."""
    carried, results = scan_rows_in_order(_plain(body), list(init), list(xs), tuple(operands))
    return (*carried, *results)


def run_map(body: fx.GraphModule, xs: Any, operands: Any) -> tuple[Any, ...]:
    """Do what `map_impl` does."""
    return tuple(scan_rows_in_order(_plain(body), [], list(xs), tuple(operands))[1])


def run_associative_scan(combine: fx.GraphModule, xs: Any, operands: Any) -> tuple[torch.Tensor, ...]:
    """Do what `associative_scan` does."""
    return tuple(scan_rows(_plain(combine), list(xs), tuple(operands)))


# Operator -> what runs in its place.
RUNNERS: Mapping[Any, Callable[..., Any]] = MappingProxyType(
    {
        torch.ops.higher_order.wrap_with_set_grad_enabled: run_in_grad_mode,
        torch.ops.higher_order.autograd_function_apply: run_autograd_function,
        torch.ops.higher_order.cond: run_cond,
        torch.ops.higher_order.while_loop: run_while_loop,
        torch.ops.higher_order.scan: run_scan,
        torch.ops.higher_order.map_impl: run_map,
        torch.ops.higher_order.associative_scan: run_associative_scan,
    }
)
