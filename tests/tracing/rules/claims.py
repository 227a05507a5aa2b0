"""What a trace says of every value, against what eager computes for it: sizes, dtypes, strides and shared memory.

A program is traced with all sizes dynamic; its graph is then run, node by node, at the example's sizes and at others.
Each value that the recorder made must be as it was said to be: sizes and dtype; contiguous, where the recorder counts
on it; the strides, where `strides_of` has an answer; a view in its parent's storage, and a new value in none of its
operands'.
"""

from __future__ import annotations

import contextlib
import operator
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.utils import _pytree as pytree

import fullgraph
from benchmarks.sweeps import Subject, drawn_sizes, resized
from fullgraph.errors import FullgraphError
from fullgraph.symbolic import Expr, evaluate
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.strides import strides_of
from fullgraph.tracing.traced import Value


@dataclass(frozen=True)
class Claim:
    """What was said of the value that a node computes, when it was recorded."""

    node: fx.Node
    dims: tuple[Any, ...]
    dtype: torch.dtype
    device: torch.device
    contiguous: bool
    strides: tuple[Any, ...] | None
    parent: fx.Node | None
    is_new: bool


@dataclass(frozen=True)
class Claims:
    """The claims of one trace."""

    program: Any  # it says which calls the assumptions allow
    recorder: Recorder
    claims: list[Claim]


def claims_of(subject: Subject, sizes: Any) -> Claims | None:
    """Export a sample and return what the trace said of its values; None where it is refused."""
    values: list[tuple[Value, fx.Node]] = []
    recorders: list[Recorder] = []

    def run(tensors: list[torch.Tensor]) -> Any:
        return subject.call(tensors)

    with _watched(values, recorders), warnings.catch_warnings(), contextlib.suppress(FullgraphError):
        warnings.simplefilter("ignore")
        program = fullgraph.export(run, (subject.fresh(),), dynamic_shapes={"tensors": sizes})
        last = recorders[-1]
        claims = [_claim(value, node) for value, node in values if node.graph is last.graph]
        return Claims(program, last, claims)
    return None


def _claim(value: Value, node: fx.Node) -> Claim:
    parent = None if value.parent is None else value.parent.node
    strides = strides_of(value)
    is_new = parent is None and value.maybe_shared is None and value.source is None
    return Claim(node, value.dims, value.dtype, value.device, value.contiguous, strides, parent, is_new)


@contextlib.contextmanager
def _watched(values: list[tuple[Value, fx.Node]], recorders: list[Recorder]) -> Iterator[None]:
    """Keep each value that a recorder makes, with the node that computes it, and the recorders."""
    fresh, view, finish = Recorder._fresh, Recorder._view, Recorder.finish

    def keep(made: Value) -> Value:
        values.append((made, made.node))
        return made

    def keep_recorder(self: Recorder) -> None:
        finish(self)
        recorders.append(self)

    Recorder._fresh = lambda *args, **kwargs: keep(fresh(*args, **kwargs))
    Recorder._view = lambda *args, **kwargs: keep(view(*args, **kwargs))
    Recorder.finish = keep_recorder
    try:
        yield
    finally:
        Recorder._fresh, Recorder._view, Recorder.finish = fresh, view, finish


def mistakes(claims: Claims, subject: Subject) -> Iterator[str]:
    """Yield what was said wrongly, at the example's sizes and at others that the trace's assumptions allow."""
    drawings = list(drawn_sizes(subject.tensors))
    for tensors in [subject.fresh(), *([resized(t, d) for t in subject.tensors] for d in drawings)]:
        symbols = _symbols(claims.recorder, tensors)
        if symbols is None:
            continue
        try:
            claims.program([tensor.clone() for tensor in tensors])
            results = _run(claims.recorder, tensors)
        except Exception:  # noqa: BLE001, S112  # eager raises at these sizes, or the contract refuses them
            continue
        for claim in claims.claims:
            if claim.node in results:
                wrong = _mistake(claim, results, symbols)
                if wrong:
                    yield f"{subject.name} {[list(t.shape) for t in tensors]} {claim.node.target} {claim.node}: {wrong}"
                    return


def _symbols(recorder: Recorder, tensors: Sequence[torch.Tensor]) -> dict[Expr, int] | None:
    found: dict[Expr, int] = {}
    for root in recorder.roots:
        if root.source is None or root.source.leaf is None:
            continue
        tensor = tensors[root.source.leaf]
        for size, real in zip(root.dims, tensor.shape):
            if isinstance(size, int):
                if size != real:
                    return None
            elif found.setdefault(size, real) != real:
                return None
    return found


def _run(recorder: Recorder, tensors: Sequence[torch.Tensor]) -> dict[fx.Node, Any]:
    """Return what each node of the recorded graph computes."""
    given: list[Any] = []
    for _, value in recorder.placed:
        assert isinstance(value, Value)
        source = value.source
        assert source is not None
        given.append(source.real if source.leaf is None else tensors[source.leaf])
    results: dict[fx.Node, Any] = {}

    class Keeping(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            results[n] = super().run_node(n)
            return results[n]

    module = fx.GraphModule(recorder.modules, recorder.graph)
    Keeping(module, garbage_collect_values=False, graph=recorder.graph).run(*given)
    return results


def _mistake(claim: Claim, results: Mapping[fx.Node, Any], symbols: Mapping[Expr, int]) -> str:
    real = results[claim.node]
    if not {symbol for size in _expressions(claim) for symbol in size.symbols} <= symbols.keys():
        return ""  # a size that only contents tell
    dims = tuple(_number(size, symbols) for size in claim.dims)
    if (dims, claim.dtype, claim.device) != (tuple(real.shape), real.dtype, real.device):
        return f"{dims} {claim.dtype} {claim.device} and not {tuple(real.shape)} {real.dtype} {real.device}"
    if real.layout is not torch.strided or not real.numel():
        return ""
    if claim.contiguous and not real.is_contiguous():
        return f"contiguous, and not {real.stride()}"
    several = [d for d, size in enumerate(dims) if size != 1]
    strides = None if claim.strides is None else [_number(claim.strides[d], symbols) for d in several]
    if strides not in (None, [real.stride(d) for d in several]):
        return f"strides {claim.strides}, and not {real.stride()}"
    return _mistake_in_memory(claim, results)


def _mistake_in_memory(claim: Claim, results: Mapping[fx.Node, Any]) -> str:
    memory = _memory(results[claim.node])
    if claim.parent is not None and claim.parent in results:
        return "" if memory == _memory(results[claim.parent]) else "a view, and not new"
    if not claim.is_new or claim.node.target is operator.getitem:
        return ""
    for operand in claim.node.all_input_nodes:
        if any(memory == _memory(leaf) for leaf in pytree.tree_leaves(results[operand])):
            return f"new, and not a view of {operand}"
    return ""


def _memory(value: Any) -> int | None:
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or not value.numel():
        return None
    return value.untyped_storage().data_ptr()


def _expressions(claim: Claim) -> list[Expr]:
    return [size for size in (*claim.dims, *(claim.strides or ())) if isinstance(size, Expr)]


def _number(size: Any, symbols: Mapping[Expr, int]) -> Any:
    return evaluate(size, symbols) if isinstance(size, Expr) else size
