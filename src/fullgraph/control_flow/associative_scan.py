"""`associative_scan`: all prefixes of a sequence under an associative function, in a logarithmic number of steps.

As a node: `associative_scan(combine, xs, operands)`, over the leading dim. The subgraph combines many pairs at once:
it is recorded under `vmap`, with a leading dim whose size differs from step to step, because that is how it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.recording import (
    Body,
    line_of,
    name_of,
    not_sparse,
    out_of,
    record_body,
    refuse,
    refuse_in_transform,
    refuse_written,
    show,
    stands_for,
)
from fullgraph.symbolic import Bool, eq, ge
from fullgraph.tracing import Frame, Out, Records, Value, all_operands, attach, call_subgraphs

_OPERATOR: Any = torch.ops.higher_order.associative_scan
Combine = Callable[..., Any]


def associative_scan(
    combine_fn: Combine, xs: Any, dim: int = 0, reverse: bool = False, combine_mode: str = "generic"
) -> Any:
    """Return all prefixes of `xs` along `dim`, combined by an associative function.

    Args:
        combine_fn: takes two elements (each with the structure of `xs`, without `dim`) and returns one.
        xs: a tensor, or a nesting of tensors of one length along `dim`.
        dim: the dim to go along.
        reverse: whether to go from the end.
        combine_mode: taken for compatibility with PyTorch's function; both of its modes are one here.

    Example:
        >>> associative_scan(torch.add, torch.tensor([1.0, 2.0, 3.0]))
        tensor([1., 3., 6.])
    """
    flat, spec = _checked(xs, dim)
    batched = torch.vmap(_flat(combine_fn, spec))
    return _along(flat, spec, dim, reverse, lambda rows: scan_rows(batched, rows, ()))


def recorded(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for `associative_scan` during a trace."""

    def scan(
        combine_fn: Combine, xs: Any, dim: int = 0, reverse: bool = False, combine_mode: str = "generic"
    ) -> Any:
        refuse_in_transform(recorder, "associative_scan")
        flat, spec = _checked(xs, dim)
        combine = torch.vmap(_flat(combine_fn, spec))
        stands_for(combine_fn, combine)
        return _along(flat, spec, dim, reverse, lambda rows: record_combined(recorder, combine, rows))

    return scan


def _checked(xs: Any, dim: int) -> tuple[list[torch.Tensor], pytree.TreeSpec]:
    flat, spec = pytree.tree_flatten(xs)
    if not flat or not all(isinstance(x, torch.Tensor) for x in flat):
        raise ValueError("xs of associative_scan must be tensors, and at least one")
    if any(not -x.ndim <= dim < x.ndim for x in flat):
        raise ValueError(f"xs of associative_scan must have a dim {dim}")
    return flat, spec


def _along(
    flat: list[torch.Tensor],
    spec: pytree.TreeSpec,
    dim: int,
    reverse: bool,
    scan: Callable[[list[torch.Tensor]], list[torch.Tensor]],
) -> Any:
    """Scan with the dim in front, and in the order asked for."""
    rows = [x.movedim(dim, 0) for x in flat]
    results = scan([x.flip(0) for x in rows] if reverse else rows)
    results = [y.flip(0) for y in results] if reverse else results
    return pytree.tree_unflatten([y.movedim(0, dim) for y in results], spec)


def _flat(combine_fn: Combine, spec: pytree.TreeSpec) -> Callable[..., list[Any]]:
    def combine(*leaves: Any) -> list[Any]:
        half = len(leaves) // 2
        left, right = (pytree.tree_unflatten(list(part), spec) for part in (leaves[:half], leaves[half:]))
        return pytree.tree_leaves(combine_fn(left, right))

    return combine


def scan_rows(
    combine: Callable[..., Any], rows: list[torch.Tensor], operands: tuple[Any, ...]
) -> list[torch.Tensor]:
    """Scan real tensors along their leading dim; `combine` takes many pairs at once.

    Pairs of neighbours are combined, the halves scanned, and the elements between filled in.
    """
    length = rows[0].shape[0]
    if any(x.shape[0] != length for x in rows):
        raise ValueError(f"xs of associative_scan differ in length: {[x.shape[0] for x in rows]}")
    if length == 0:
        raise ValueError("xs of associative_scan must have at least one element along the dim")
    if length == 1:
        return [x.clone() for x in rows]
    pairs = combine(*(x[0:-1:2] for x in rows), *(x[1::2] for x in rows), *operands)
    odd = scan_rows(combine, list(pairs), operands)
    even = [x[:1] for x in rows]
    if length > 2:
        before = [y[: (length - 1) // 2] for y in odd]
        rest = combine(*before, *(x[2::2] for x in rows), *operands)
        even = [torch.cat([first, more]) for first, more in zip(even, rest)]
    return [_interleaved(a, b) for a, b in zip(even, odd)]


def _interleaved(even: torch.Tensor, odd: torch.Tensor) -> torch.Tensor:
    both = torch.stack([even[: len(odd)], odd], dim=1).flatten(0, 1)
    return both if len(even) == len(odd) else torch.cat([both, even[-1:]])


def record_combined(
    recorder: Records, combine: Callable[..., Any], rows: list[torch.Tensor]
) -> list[torch.Tensor]:
    """Record a scan along the leading dim.

    Args:
        recorder: the recorder of the trace.
        combine: combines many pairs at once; takes and returns flat tensors.
        rows: what is scanned.
    """
    values: list[Value] = not_sparse(recorder.take(x) for x in rows)
    length = values[0].dims[0]
    for value in values[1:]:
        _require(recorder, eq(value.dims[0], length), "differ in length")
    _require(recorder, ge(length, 1), "must have at least one element along the dim")
    body = _record_combine(recorder, combine, values)
    operands = all_operands([body.frame])
    module = attach(recorder, f"combine_{body.name}", body.frame.close(tuple(body.nodes), operands))
    grad = any(v.requires_grad for v in values) or any(v.requires_grad for v in body.leaves)
    args = (module, tuple(recorder.as_arguments(values)), tuple(operands))
    made = call_subgraphs(
        recorder, _OPERATOR, args, [out_of(value) for value in values], [grad] * len(values)
    )
    return recorder.give(made)


def _record_combine(recorder: Records, combine: Callable[..., Any], values: list[Value]) -> Body:
    pairs = recorder.new_symbol(lo=1)
    outs = [Out((pairs, *value.dims[1:]), value.dtype, value.device) for value in (*values, *values)]

    def arguments(frame: Frame) -> list[Any]:
        return [
            recorder.give(frame.argument(out, v.requires_grad)) for out, v in zip(outs, (*values, *values))
        ]

    body = record_body(recorder, combine, arguments, fresh=True)
    refuse_written(recorder, body)
    if body.frame.written:
        refuse(
            recorder,
            f"`{name_of(combine)}` writes a tensor from outside of it.",
            "The function of an associative_scan is called in no particular order, so what is written would differ.",
            "Use scan(...), whose steps come one after the other.",
            case="loop_body_writes_its_argument",
        )
    same = len(body.leaves) == len(values) and all(
        isinstance(leaf, Value) and leaf.dtype == out.dtype and _same_dims(recorder, leaf, out)
        for leaf, out in zip(body.leaves, outs)
    )
    if not same:
        refuse(
            recorder,
            f"`{name_of(combine)}` returns something else than it takes: "
            f"{'; '.join(show(leaf) + line_of(leaf, body) for leaf in body.leaves)}.",
            "What two elements are combined into is combined with further ones, so it must be of the same kind.",
            f"Return {len(values)} tensors of the dtypes and sizes of the elements.",
            case="loop_that_changes_dtype",
        )
    return body


def _same_dims(recorder: Records, leaf: Value, out: Out) -> bool:
    return len(leaf.dims) == len(out.dims) and all(
        a is b or a == b or recorder.scope.ask(eq(a, b)) for a, b in zip(leaf.dims, out.dims)
    )


def _require(recorder: Records, fact: Bool, what: str) -> None:
    """Write a demand on sizes into the contract; raise eager's error when it never holds."""
    if recorder.scope.decide(fact) is False:
        raise ValueError(f"xs of associative_scan {what}")
    recorder.scope.ask(fact, "check")
