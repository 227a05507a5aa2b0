"""Branches on dynamic sizes, settled by looking at the other side: same graph, an error, or another graph.

`if x.shape[0] == 1:` asks a question that a dynamic size does not answer. The trace takes the example's side and
learns nothing from it (ask.py), so what it recorded relies on the answer through the program's own way alone. Then
the other side is traced too, with sizes that lead there:

* it gives the same graph: the answer makes no difference, and the contract says nothing of it;
* it raises: the program itself rejects those sizes, and the contract says so in advance;
* it gives another graph: the answer becomes an assumption, which a declared-dynamic dim refuses.

Branches are taken in the order in which they were asked; each is turned while those before it stay as they were,
so the traces made are the leaves of a decision tree, and together they are all ways the program can go.
Graphs are compared node by node: operators, arguments, and what each input and output means.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import fx

from fullgraph.contract import AssumptionKind, DimSpec, Specs, fresh_scope
from fullgraph.errors import CaptureError
from fullgraph.symbolic import Bool, Contradiction, Expr, and_, constants_in, evaluate, not_
from fullgraph.tracing.failures import is_of_the_program
from fullgraph.tracing.result import Branch, GraphOutput, Trace

Retrace = Callable[[Specs, Mapping[Bool, bool]], Trace]
_MOST_TRACES = 24
_MOST_SAMPLES = 20_000


def settle_branches(recorded: Trace, specs: Specs, retrace: Retrace) -> None:
    """Write into the trace's ledger what its branches on sizes amount to.

    Args:
        recorded: a trace.
        specs: what it was made from.
        retrace: makes a trace from other sizes, sent down given branches.
    """
    if recorded.branches:
        _Settling(recorded, specs, retrace).settle(recorded, {})


class _Settling:
    def __init__(self, recorded: Trace, specs: Specs, retrace: Retrace) -> None:
        self.recorded = recorded
        self.specs = specs
        self.retrace = retrace
        self.facts = {a.fact for a in recorded.ledger.assumptions}
        self.known = [a.fact for a in recorded.ledger.assumptions if isinstance(a.fact, Bool)]
        self.traces = 0

    def settle(self, leaf: Trace, forced: Mapping[Bool, bool]) -> bool:
        """Follow every branch that a trace took beyond the forced ones; say whether all other sides are settled."""
        way = dict(forced)
        for branch in leaf.branches:
            if branch.question in forced:
                continue
            if not self._turn(branch, way):
                if forced:
                    return False
                self._assume(
                    branch.question if branch.answer else not_(branch.question),
                    branch,
                    AssumptionKind.PROGRAM,
                )
            way[branch.question] = branch.answer
        return True

    def _turn(self, branch: Branch, way: Mapping[Bool, bool]) -> bool:
        """Look at the other side of a branch; say whether it is the same, raises, or cannot be."""
        turned = {**way, branch.question: not branch.answer}
        condition = and_(*(q if a else not_(q) for q, a in turned.items()))
        if self._impossible(turned):
            return True
        sizes = self._sizes_for(condition)
        if sizes is None:
            # Nobody knows sizes that lead there; if there are any after all, a call with them is rejected.
            self._assume(not_(condition), branch, AssumptionKind.CHECK)
            return True
        if self.traces == _MOST_TRACES:
            return False
        self.traces += 1
        try:
            other = self.retrace(replace(self.specs, samples=(sizes, *self.specs.samples[1:])), turned)
        except (CaptureError, Contradiction):
            return False
        except Exception as error:  # noqa: BLE001  (what the program raises for these sizes, it raises in eager too)
            if not is_of_the_program(error):
                return False
            self._assume(not_(condition), branch, AssumptionKind.CHECK)
            return True
        return self._is_same(other) and self.settle(other, turned)

    def _assume(self, fact: Bool, branch: Branch, kind: AssumptionKind) -> None:
        self.recorded.ledger.assume(fact, branch.origin, kind)

    def _impossible(self, turned: Mapping[Bool, bool]) -> bool:
        """Whether no sizes in range lead down these branches."""
        scope = fresh_scope(self.specs.symbols)
        try:
            for fact in (*self.known, *(q if a else not_(q) for q, a in turned.items())):
                if fact.symbols <= {spec.symbol for spec in self.specs.symbols}:
                    scope.assume(fact)
        except Contradiction:
            return True
        return False

    def _sizes_for(self, condition: Bool) -> Mapping[Expr, int] | None:
        """Find sizes in range that lead there: small ones, and those around the example's."""
        example = self.specs.samples[0]
        symbols = [spec.symbol for spec in self.specs.symbols]
        asked = [s for s in symbols if s in condition.symbols]
        choices = {
            spec.symbol: _candidates(spec, example.get(spec.symbol), condition, len(asked))
            for spec in self.specs.symbols
        }
        for values in itertools.islice(itertools.product(*(choices[s] for s in asked)), _MOST_SAMPLES):
            sizes = {**example, **dict(zip(asked, values))}
            if all(_holds(fact, sizes) for fact in (condition, *self.known)):
                return sizes
        return None

    def _is_same(self, other: Trace) -> bool:
        more = {a.fact for a in other.ledger.assumptions} - self.facts
        return not more and same_trace(self.recorded, other)


def same_trace(a: Trace, b: Trace) -> bool:
    """Whether two traces recorded the same, node by node, up to names."""
    return (
        [(i.role, i.target, i.leaf) for i in a.inputs] == [(i.role, i.target, i.leaf) for i in b.inputs]
        and list(map(_meaning, a.outputs)) == list(map(_meaning, b.outputs))
        and a.output_tree == b.output_tree
        and a.output_leaves == b.output_leaves
        and a.argument_state == b.argument_state
        and not a.modules
        and not b.modules
        and _same_graph(a.graph, b.graph)
    )


def _meaning(output: GraphOutput) -> tuple[Any, ...]:
    return output.role, output.target, output.constant, output.under_no_grad


def _candidates(spec: DimSpec, example: Any, condition: Bool, symbols: int) -> Sequence[Any]:
    """Values to try, likely ones first; the more symbols there are together, the fewer for each."""
    if spec.sort is bool:
        return [example is not True, example is True]
    if spec.sort is float:
        mentioned = [float(c) for c in constants_in(condition)]
        near = [math.nextafter(c, to) for c in mentioned for to in (math.inf, -math.inf)]
        started = [] if example is None else [example, -example, 2 * example, example / 2]
        return list(dict.fromkeys([*started, *mentioned, *near, *_FLOATS]))
    tried = _integers(example, symbols)
    if spec.range.lo < 0:
        tried = [*tried, *(-value for value in tried if value > 0)]
    return [value for value in tried if spec.allows(value)]


def _integers(example: int | None, symbols: int) -> Sequence[int]:
    around = [] if example is None else [example, example + 1, example - 1, 2 * example, example // 2]
    small = range(max(8, int(_MOST_SAMPLES ** (1 / max(symbols, 1))) - len(_LARGE) - len(around)))
    return list(dict.fromkeys([*around, 1, *small, *_LARGE]))


_FLOATS = (0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.0, 10.0, 1e-3, 1e-12, 1e3, 1e12, math.inf, -math.inf, math.nan)
_LARGE = (16, 31, 32, 33, 64, 128, 512, 513, 1024, 4096, 100_000)


def _holds(fact: Bool, sizes: Mapping[Expr, int]) -> bool:
    if not fact.symbols <= sizes.keys():
        return True
    try:
        return bool(evaluate(fact, sizes))
    except (ArithmeticError, ValueError, TypeError):
        return False


def _same_graph(a: fx.Graph, b: fx.Graph) -> bool:
    """Whether two graphs have the same nodes in the same order, up to names."""
    if len(a.nodes) != len(b.nodes):
        return False
    number: dict[fx.Node, int] = {}
    for index, (mine, theirs) in enumerate(zip(a.nodes, b.nodes)):
        number[mine] = number[theirs] = index
        if mine.op != theirs.op or (mine.op != "placeholder" and mine.target != theirs.target):
            return False
        if mine.meta.get("grad_enabled") != theirs.meta.get("grad_enabled"):
            return False
        if not _same_arguments((mine.args, mine.kwargs), (theirs.args, theirs.kwargs), number):
            return False
    return True


def _same_arguments(a: Any, b: Any, number: Mapping[fx.Node, int]) -> bool:
    if isinstance(a, fx.Node):
        return isinstance(b, fx.Node) and number[a] == number[b]
    if isinstance(a, (list, tuple)):
        return (
            isinstance(b, (list, tuple))
            and len(a) == len(b)
            and all(_same_arguments(x, y, number) for x, y in zip(a, b))
        )
    if isinstance(a, dict):
        return (
            isinstance(b, dict)
            and a.keys() == b.keys()
            and all(_same_arguments(a[k], b[k], number) for k in a)
        )
    return type(a) is type(b) and (a == b or a is b)
