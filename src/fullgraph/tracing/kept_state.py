"""State that a call makes anew when the sizes are others: `if self.grid.shape != x.shape: self.grid = make_grid(x)`.

What such a program computes does not depend on what earlier calls left, if two things hold: a call makes what it keeps
from its own sizes alone, and a call that finds it made for its sizes computes what it would have computed with its own.

Both are shown, for all sizes of the earlier call. The program runs again in the state that the first run left, in
which each size is a symbol of its own: `n_earlier`. The questions it asks about these are followed to both answers.
Each time one of two things must come out: it has made everything anew, and has not used what was there, so that the
trace is the first one; or the answers say that the sizes are the same. For those it runs once more in the state
that the first run left, which has the symbols of the call itself, and must compute the same and change nothing.

So by induction over the calls, each computes what the first one computes. A tensor made of a buffer counts as made of
sizes as long as the program itself does not write the buffer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import DimSpec, TensorSpec, fresh_scope
from fullgraph.symbolic import (
    Bool,
    Contradiction,
    Expr,
    Scope,
    eq,
    evaluate,
    expr_of,
    not_,
    scalar_symbol,
    substitute,
    to_python,
)
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.equal_by_construction import MADE_BY
from fullgraph.tracing.operators import Kind, operator_of
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.result import GraphInput, InputRole, OutputRole, Trace
from fullgraph.tracing.same_trace import example_sizes, knowing, same_trace
from fullgraph.tracing.state import PythonState
from fullgraph.tracing.traced import TracedTensor, Value
from fullgraph.tracing.watching import REGISTRY_OF, Change, StateKind

Place = tuple[int, Any]  # a dict or list, by its id, and the key or index
Way = Mapping[Bool, bool]
_SYMBOLIC: Final = (torch.SymInt, torch.SymFloat, torch.SymBool)
_PLAIN: Final = (int, float, bool, str, type(None), torch.dtype, torch.device)
_COMPUTING: Final = (Kind.PURE, Kind.VIEW, Kind.MAYBE_VIEW, Kind.TRANSPARENT, Kind.STRIDED)
_MOST_RUNS: Final = 16


class _OtherwiseError(Exception):
    """What is kept depends on more than sizes, or is nothing that can be followed."""


def is_made_anew(first: Trace, changes: Iterable[Change], run_again: Callable[[Kept], Trace]) -> bool:
    """Say whether each call computes what a first one does, whatever sizes those before it had.

    Args:
        first: the trace of a first call.
        changes: what it left in the program's objects, where it still is.
        run_again: traces a call in the state that an earlier one left.
    """
    try:
        left = _Left(first, changes)
        return bool(left.support) and _holds_for_all_ways(first, left, run_again)
    except Exception:  # noqa: BLE001  (a refusal, or an error on a way that no sizes lead to: nothing is known)
        return False


class _Left:
    """What the first run left: each place, what is there in the terms of the trace, and the sizes it is made of."""

    def __init__(self, first: Trace, changes: Iterable[Change]) -> None:
        self.holders: dict[Place, Any] = {}
        self.values: dict[Place, Any] = {}  # as they are
        for holder, key, value in (entry for change in changes for entry in _entries(change)):
            self.holders[id(holder), key], self.values[id(holder), key] = holder, value
        self.terms = {place: _terms(value) for place, value in self.values.items()}
        support = _Support(first)
        for term in self.terms.values():
            support.add(term)
        declared = {spec.symbol: spec for spec in first.ledger.symbols}
        if not support.symbols <= declared.keys():
            raise _OtherwiseError
        self.support: list[DimSpec] = [
            declared[s] for s in sorted(support.symbols, key=lambda s: str(s.name))
        ]
        self.earlier = {
            spec.symbol: scalar_symbol(f"{spec.symbol.name}_earlier", int) for spec in self.support
        }


def _holds_for_all_ways(first: Trace, left: _Left, run_again: Callable[[Kept], Trace]) -> bool:
    earlier = frozenset(left.earlier.values())
    waiting: list[Way] = [{}]
    is_for_equal_sizes: bool | None = None
    for _ in range(_MOST_RUNS):
        if not waiting:
            return True
        way = waiting.pop()
        known = _knowing(first, left, way)
        if known is None:
            continue  # no sizes lead there
        if all(known.follows(eq(new, old)) for old, new in left.earlier.items()):
            if is_for_equal_sizes is None:
                kept = Kept(left, None, MappingProxyType({}))
                is_for_equal_sizes = _is_same(first, kept.completed(run_again(kept)), kept)
            if not is_for_equal_sizes:
                return False
            continue
        kept = Kept(left, _sizes(first, left, way), way)
        trace = kept.completed(run_again(kept))
        taken = dict(way)
        for branch in trace.branches:
            if earlier.isdisjoint(branch.question.symbols):
                continue
            if branch.question not in way:
                waiting.append({**taken, branch.question: not branch.answer})
            taken[branch.question] = branch.answer
        if len(taken) == len(way):
            if not _is_anew(first, trace, kept):
                return False
        elif not _is_anew(first, trace, kept):
            waiting.append(taken)  # it may be that the sizes are the same there
    return False


def _is_anew(first: Trace, trace: Trace, kept: Kept) -> bool:
    """Whether a run used nothing of what was there and left what the first one did."""
    if any(node.users for node in kept.nodes) or kept.changed.keys() != kept.left.terms.keys():
        return False
    places = list(kept.changed)
    both = [kept.left.terms[place] for place in places], [kept.changed[place] for place in places]
    return _relies_on_no_more(first, trace) and same_trace(
        first, trace, sizes=example_sizes(first), kept=both
    )


def _is_same(first: Trace, trace: Trace, kept: Kept) -> bool:
    """Whether a run that found what it would have made itself computed the same, and left everything."""
    return (
        not kept.changed and _relies_on_no_more(first, trace) and same_trace(first, trace, left=kept.made_by)
    )


def _relies_on_no_more(first: Trace, trace: Trace) -> bool:
    """Whether what a run relied on holds for all sizes that the first one takes."""
    facts = [a.fact for a in first.ledger.assumptions]
    taken = {branch.question: branch.answer for branch in first.branches}
    scope = knowing(first, [fact for fact in facts if isinstance(fact, Bool)])
    declared = frozenset(scope.symbols)
    for assumption in trace.ledger.assumptions:
        fact = assumption.fact
        if fact not in facts and not (
            isinstance(fact, Bool) and fact.symbols <= declared and scope.follows(fact)
        ):
            return False
    return all(
        not branch.question.symbols <= declared or taken.get(branch.question) == branch.answer
        for branch in trace.branches
    )


def _knowing(first: Trace, left: _Left, way: Way) -> Scope | None:
    """Return a scope that knows the answers of a way; None if they contradict each other."""
    scope = fresh_scope(first.ledger.symbols)
    _declare(scope, left, {})
    try:
        for question, answer in way.items():
            scope.assume(question if answer else not_(question))
    except Contradiction:
        return None
    return scope


def _declare(scope: Scope, left: _Left, hints: Mapping[Expr, int]) -> None:
    for spec in left.support:
        low, high = spec.range.lo, spec.range.hi
        new = left.earlier[spec.symbol]
        scope.declare(
            str(new.name),
            lo=int(low),
            hi=None if high == float("inf") else int(high),
            hint=hints.get(new),
            values=spec.sizes.values,
        )


def _sizes(first: Trace, left: _Left, way: Way) -> Mapping[Expr, int]:
    """Return sizes of the earlier call that lead down a way; others than the example's, unless it says otherwise."""
    own = {spec.symbol: first.scope.hint_of(spec.symbol) for spec in left.support}
    rest = {s: first.scope.hint_of(s) for question in way for s in question.symbols}
    choices = [
        [size for size in (own[spec.symbol] + step for step in (1, 0, 2, -1)) if spec.allows(size)]
        for spec in left.support
    ]
    for sizes in itertools.product(*choices):
        found = dict(zip(left.earlier.values(), sizes))
        if all(
            bool(evaluate(question, {**rest, **own, **found})) is answer for question, answer in way.items()
        ):
            return found
    raise _OtherwiseError


class Kept:
    """The state that an earlier call left, put in place for one run.

    Args:
        left: what the first run left.
        sizes: the earlier call's sizes in the example; None if they are the symbols of this call.
        way: answers to questions on them.
    """

    def __init__(self, left: _Left, sizes: Mapping[Expr, int] | None, way: Way) -> None:
        self.left = left
        self.sizes = sizes
        self.way = way
        self.symbols = frozenset(left.earlier.values()) if sizes is not None else frozenset[Expr]()
        self.nodes: list[fx.Node] = []  # what stands for the tensors and sizes that were kept
        self.made_by: list[tuple[torch.Tensor, fx.Node]] = []
        self.changed: dict[Place, Any] = {}
        self._inputs: list[GraphInput] = []
        self._values: list[Value] = []

    @contextmanager
    def around(self, fn: Callable[..., Any], recorder: Recorder) -> Iterator[PythonState]:
        """Put the state in place, and note what the run leaves instead."""
        if self.sizes is not None:
            _declare(recorder.scope, self.left, self.sizes)
            for symbol in self.left.earlier.values():
                node = recorder.place_bare(str(symbol.name), symbol)
                recorder.sizes.computed_by(symbol, node)
                self._place(node, InputRole.USER, None)
        known: dict[int, Any] = {}
        for place, holder in self.left.holders.items():
            holder[place[1]] = self._renewed(self.left.values[place], recorder, known)
        with PythonState(fn) as state:
            yield state
            for change in state.plain_changes():
                for holder, key, value in _entries(change):
                    self.changed[id(holder), key] = _terms(value)
            if any(value.root.written_at for value in self._values):
                raise _OtherwiseError

    def completed(self, trace: Trace) -> Trace:
        """Return the trace of the run, with what was kept among its inputs."""
        return replace(trace, inputs=(*trace.inputs, *self._inputs))

    def _renewed(self, value: Any, recorder: Recorder, known: dict[int, Any]) -> Any:
        if isinstance(value, _SYMBOLIC):
            return to_python(self._of_earlier(expr_of(value)), recorder.scope)
        if type(value) in (list, tuple, torch.Size):
            return type(value)(self._renewed(item, recorder, known) for item in value)
        if not isinstance(value, TracedTensor):
            return value
        old = value.value
        if id(old) not in known:
            dims = tuple(d if isinstance(d, int) else self._of_earlier(d) for d in old.dims)
            node = recorder.place_bare("kept", TensorSpec(dims, old.dtype, old.device))
            if self.sizes is None:
                node.meta[MADE_BY] = old.node
            new = Value(dims, old.dtype, old.device, node, recorder.clock)
            new.contiguous = False  # as far as is known here
            self._values.append(new)
            stands_for = torch.empty(0)
            self._place(node, InputRole.CONSTANT, stands_for)
            self.made_by.append((stands_for, old.node))
            known[id(old)] = TracedTensor.of(new, recorder.questions)
        return known[id(old)]

    def _of_earlier(self, what: Any) -> Any:
        return what if self.sizes is None else substitute(what, self.left.earlier)

    def _place(self, node: fx.Node, role: InputRole, value: torch.Tensor | None) -> None:
        self.nodes.append(node)
        self._inputs.append(GraphInput(node.name, role, f"kept.{len(self.nodes)}", value))


class _Support:
    """The symbols of all sizes that something is computed from; whatever else it is computed from is constant."""

    def __init__(self, first: Trace) -> None:
        self.symbols: set[Expr] = set()
        self._inputs = {given.node: given for given in first.inputs}
        self._written = {output.target for output in first.outputs if output.role is not OutputRole.USER}
        self._seen: set[fx.Node] = set()
        self._graph = first.graph

    def add(self, term: Any) -> None:
        """Add what is kept somewhere.

        Raises:
            _OtherwiseError: it is computed from an input, a parameter, a buffer that is written, or by chance.
        """
        if isinstance(term, (Expr, Bool)):
            self.symbols |= term.symbols
        elif isinstance(term, (list, tuple)):
            for part in term:
                self.add(part)
        elif isinstance(term, fx.Node):
            self._add_node(term)

    def _add_node(self, node: fx.Node) -> None:
        waiting = [node]
        while waiting:
            at = waiting.pop()
            if at in self._seen:
                continue
            self._seen.add(at)
            size = at.meta.get("val")
            if isinstance(size, (Expr, Bool)):
                self.symbols |= size.symbols
            elif at.graph is not self._graph or not self._is_constant(at):
                raise _OtherwiseError
            else:
                waiting.extend(at.all_input_nodes)

    def _is_constant(self, node: fx.Node) -> bool:
        if node.op == "placeholder":
            given = self._inputs[node.name]
            return given.role in (InputRole.BUFFER, InputRole.CONSTANT) and given.target not in self._written
        if not isinstance(node.target, OpOverload):
            return node.target is not None and getattr(node.target, "__name__", "") == "getitem"
        known = operator_of(node.target)
        return not known.random and known.kind in _COMPUTING


def _entries(change: Change) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the dicts or lists in which something changed, with the keys and what is there now."""
    if change.kind is StateKind.ITEM:
        if type(change.owner) not in (list, dict):
            raise _OtherwiseError
        keys = list(change.owner) if isinstance(change.owner, dict) else range(len(change.owner))
        yield from ((change.owner, key, change.owner[key]) for key in keys)
    elif change.kind in (StateKind.ATTRIBUTE, StateKind.BUFFER):
        registry = REGISTRY_OF.get(change.kind)
        attributes = change.owner.__dict__
        holder = attributes if registry is None else attributes[registry]
        yield holder, change.name, holder[change.name]
    else:
        raise _OtherwiseError


def _terms(value: Any) -> Any:
    """Return a value that is kept in the terms of the trace: nodes for tensors, expressions for sizes."""
    if isinstance(value, TracedTensor):
        kept = value.value
        if kept.requires_grad or kept.fresh_at < kept.root.written_at or kept.lost is not None:
            raise _OtherwiseError
        return kept.node
    if isinstance(value, _SYMBOLIC):
        return expr_of(value)
    if type(value) in (list, tuple, torch.Size):
        return [type(value), *map(_terms, value)]
    if type(value) not in _PLAIN:
        raise _OtherwiseError
    return value
