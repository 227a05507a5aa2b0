"""Branches on dynamic sizes, settled by looking at the other side: same graph, an error, or another graph.

`if x.shape[0] == 1:` asks a question that a dynamic size does not answer. The trace takes the example's side and
learns nothing from it (ask.py), so what it recorded relies on the answer through the program's own way alone. Then
the other side is traced too, with sizes that lead there:

* it gives the same graph: the answer makes no difference, and the contract says nothing of it;
* it raises: the program itself rejects those sizes, and the contract says so in advance;
* it gives another graph: the answer becomes an assumption, which a declared-dynamic dim refuses.

Branches are taken in the order in which they were asked; each is turned while those before it stay as they were,
so the traces made are the leaves of a decision tree, and together they are all ways the program can go.

A graph has to be the same only for the sizes that lead to the other side (same_trace.py). So of two sides one may
hold for both, and need not be the example's: `if x.shape[1] > 16: x = x[:, :16]` is `x[:, :16]` for every size. Then
everything starts again from that side.

A size under `Dim.AUTO` may be narrowed, so its branches are answered by the example, from which the trace learns. Only
if that narrowed it are they looked at as well: where all of them turn out to be settled, nothing needed to be narrowed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fullgraph.contract import Assumption, AssumptionKind, Fact, Specs
from fullgraph.errors import CaptureError
from fullgraph.symbolic import Bool, Contradiction, Expr, Scope, and_, eq, evaluate, le, not_, or_
from fullgraph.tracing.finding_sizes import sizes_for
from fullgraph.tracing.result import Branch, Raised, Trace
from fullgraph.tracing.same_trace import knowing, same_trace

Retrace = Callable[[Specs, Mapping[Bool, bool]], Trace]
_MOST_TRACES = 24
_MOST_FURTHER_TRACES = 16
_MOST_STARTS = 4
_LARGEST_SIZE = 2**63 - 1  # PyTorch's own bound for sizes and symbolic integers
_RELIED_ON = (AssumptionKind.OPERATOR, AssumptionKind.PROGRAM)
_CHECKED = (AssumptionKind.CHECK,)


def settle_branches(recorded: Trace, specs: Specs, retrace: Retrace) -> Trace:
    """Find a trace that holds for all sides of the branches on sizes, and write into its ledger what they amount to.

    Args:
        recorded: the trace of the example.
        specs: what it was made from.
        retrace: makes a trace from other sizes, sent down given branches.

    Returns:
        The trace, or that of another side when that one holds for more sizes.
    """
    return _settle(recorded, specs, retrace)[0]


def _settle(
    recorded: Trace, specs: Specs, retrace: Retrace, tickets: Iterator[int] | None = None
) -> tuple[Trace, Branch | None]:
    """Return the settled trace, and a branch that is not settled.

    Without `tickets`, each of which is worth a trace, there are as many as are needed to find an answer in reasonable
    time, and what is not settled becomes an assumption.
    """

    def attempt(trace: Trace, *, may_change: bool) -> tuple[Trace | None, Branch | None]:
        mine = iter(range(_MOST_TRACES)) if tickets is None else tickets
        settling = _Settling(trace, specs, retrace, mine, may_change=may_change)
        unsettled = settling.settle(assuming=tickets is None)
        return settling.better, unsettled

    found, (better, unsettled) = recorded, attempt(recorded, may_change=True)
    for starts_left in reversed(range(_MOST_STARTS)):
        if better is None:
            break
        found, (better, unsettled) = better, attempt(better, may_change=starts_left > 0)
    if found is not recorded and not _takes_example(found, specs):
        # A further branch has no side that is right for both, and the side found here is not the example's.
        found = recorded
        _, unsettled = attempt(found, may_change=False)
    return found, unsettled


def _takes_example(trace: Trace, specs: Specs) -> bool:
    return all(_holds(fact, specs.samples[0]) for fact in _facts(trace) if isinstance(fact, Bool))


def without_needless_assumptions(recorded: Trace, specs: Specs, traced: Callable[..., Trace]) -> Trace:
    """Look for a trace that narrows no size under `Dim.AUTO` by branches that make no difference.

    Args:
        recorded: a settled trace.
        specs: what it was made from.
        traced: makes a trace that learns from branches on sizes only where it is told to.

    Returns:
        A trace that relies on less, or the one that was given.
    """
    declared = {spec.symbol for spec in specs.symbols if not spec.is_strict}
    relied_on = _facts(recorded)
    by_branches = (
        a.fact
        for a in recorded.ledger.assumptions
        if a.kind is AssumptionKind.PROGRAM and isinstance(a.fact, Bool)
    )
    if all(declared.isdisjoint(fact.symbols) for fact in by_branches):
        return recorded
    facts = [fact for fact in relied_on if isinstance(fact, Bool)]
    learning: frozenset[Bool] = frozenset()
    # A trace that leaves an example out is refused: then any other that does not will do.
    leaves_out = not _hold_of_all(facts, specs)
    tickets = iter(range(_MOST_TRACES if leaves_out else _MOST_FURTHER_TRACES))
    for _ in tickets:
        try:
            other, unsettled = _settle(
                traced(specs, learning=learning), specs, _retracing(traced, learning), tickets
            )
        except CaptureError:
            break
        if unsettled is None:
            # What takes several conditions to say is no gain.
            is_plain = all(fact in relied_on or getattr(fact, "kind", "or") != "or" for fact in _facts(other))
            relies_on_less = is_plain and _relies_on_no_more(other, relied_on, facts)
            return (
                other if (_hold_of_all(_facts(other), specs) if leaves_out else relies_on_less) else recorded
            )
        learning |= {unsettled.question}
    return recorded


def _hold_of_all(facts: Iterable[Fact], specs: Specs) -> bool:
    return all(_holds(fact, sizes) for fact in facts if isinstance(fact, Bool) for sizes in specs.samples)


def _retracing(traced: Callable[..., Trace], learning: frozenset[Bool]) -> Retrace:
    return lambda sizes, forced: traced(sizes, forced=forced, learning=learning)


@dataclass(frozen=True)
class _Raising:
    """Sizes for which the program raises: the branches that the trace took, and what it relied on besides."""

    branches: tuple[Branch, ...]
    way: Mapping[Bool, bool]
    relied_on: Bool
    turned: Branch

    @property
    def condition(self) -> Bool:
        """What leads to the exception."""
        return _condition({**self.way, **{branch.question: branch.answer for branch in self.branches}})

    @property
    def last(self) -> Branch:
        """The question that was asked last before it."""
        further = [branch for branch in self.branches if branch.question not in self.way]
        return further[-1] if further else self.turned


class _Settling:
    def __init__(
        self, recorded: Trace, specs: Specs, retrace: Retrace, tickets: Iterator[int], *, may_change: bool
    ) -> None:
        self.recorded = recorded
        self.specs = specs
        self.retrace = retrace
        self.facts = _facts(recorded)
        self.checks = _checks(recorded)
        self.here = _side(recorded)
        self.known = self._known_on_all_sides()
        self.tickets = tickets
        self._scope: Scope | None = None  # of what is known, as far as it has been learnt
        self._learnt = 0
        self.may_change = may_change
        self.better: Trace | None = None  # the trace of another side, which holds on this one too

    def _known_on_all_sides(self) -> list[Bool]:
        """What follows from the side that was taken, or is checked there, is no reason to leave other sides out."""
        scope = knowing(self.recorded, [self.here])
        relied_on = [
            a.fact
            for a in self.recorded.ledger.assumptions
            if isinstance(a.fact, Bool)
            and a.kind is not AssumptionKind.CHECK
            and (a.kind not in _RELIED_ON or scope.decide(a.fact) is not True)
        ]
        return [*self.specs.implied, *relied_on]

    def settle(self, *, assuming: bool) -> Branch | None:
        """Follow every branch that the trace took; return one that is not settled, be it by an assumption.

        On the other side of a branch, a later one is asked again. If that is what no side settles, the later one is
        assumed, and then the earlier one may be settled after all: it is looked at again.
        """
        unsettled: list[tuple[Branch, Mapping[Bool, bool], int]] = []
        way: dict[Bool, bool] = {}
        for branch in self.recorded.branches:
            if not self._turn(branch, way):
                if self.better is not None:
                    return branch
                unsettled.append((branch, dict(way), len(self.known)))
            way[branch.question] = branch.answer
        for branch, before, known in reversed(unsettled):
            if len(self.known) > known and self._turn(branch, before):
                continue
            if self.better is not None or not assuming:
                return branch
            side = branch.question if branch.answer else not_(branch.question)
            self._assume(side, branch, AssumptionKind.BRANCH)
        return None

    def _settle_side(self, branches: Sequence[Branch], forced: Mapping[Bool, bool]) -> bool:
        """Follow every branch that a trace took beyond the forced ones; say whether all other sides are settled."""
        way = dict(forced)
        for branch in branches:
            if branch.question in forced:
                continue
            if not self._turn(branch, way):
                return False
            way[branch.question] = branch.answer
        return True

    def _turn(self, branch: Branch, before: Mapping[Bool, bool]) -> bool:
        """Look at the other side of a branch, until no sizes are left that lead there; say whether it is settled.

        It is where those sizes are computed the same, are rejected since the program raises, or do not exist.

        A trace speaks for the sizes for which what it relied on holds. So what it relied on beyond the way is turned
        as well: `x[:n] + y` raises for most sizes, and not for the one that is equal to n.
        """
        way = {**before, branch.question: not branch.answer}
        condition = left = _condition(way)
        raising: list[_Raising] = []
        all_raise = True
        while not self._impossible(left):
            sizes = sizes_for(left, self.known, self.specs)
            if sizes is None:
                # Nobody knows sizes that lead there, nor that there are none: a call with them would be rejected.
                all_raise = False
                self._assume(not_(left), branch, AssumptionKind.BRANCH)
                break
            if next(self.tickets, None) is None:
                return False
            try:
                other = self.retrace(replace(self.specs, samples=(sizes, *self.specs.samples[1:])), way)
            except Raised as raised:
                not_in_message = [a for a in raised.ledger.assumptions if not a.is_for_text]
                relied_on = self._relied_on_besides(not_in_message, condition)
                if not self._settle_side(raised.branches, way):
                    return False
                raising.append(_Raising(raised.branches, way, relied_on, branch))
            except Exception:  # noqa: BLE001  (a refusal, or a fault of ours: nothing is known of that side)
                return False
            else:
                all_raise = False
                relied_on = self._relied_on_besides(other.ledger.assumptions, condition)
                if not self._holds_for(other, and_(condition, _side(other), relied_on), branch, sizes):
                    return False
                if not self._settle_side(other.branches, way):
                    return False
            left = and_(left, not_(relied_on))
        for each in raising:
            rejected = each.condition if all_raise else and_(each.condition, each.relied_on)
            self._assume(not_(rejected), each.last, AssumptionKind.CHECK)
        return True

    def _relied_on_besides(self, assumptions: Iterable[Assumption], condition: Bool) -> Bool:
        """Return what a trace of the sizes in a condition relied on that is neither relied on anyway nor follows.

        What it checked is not part of it: for other sizes the program raises.
        """
        return and_(*self._more(assumptions, condition, _RELIED_ON))

    def _more(
        self, assumptions: Iterable[Assumption], condition: Bool, kinds: Collection[AssumptionKind]
    ) -> list[Bool]:
        new = [
            a.fact
            for a in assumptions
            if a.kind in kinds and isinstance(a.fact, Bool) and a.fact not in self.facts
        ]
        if not new:
            return []
        try:
            scope = knowing(self.recorded, (*self.known, condition))
        except Contradiction:
            return []
        return [fact for fact in new if scope.decide(fact) is not True]

    def _assume(self, fact: Bool, branch: Branch, kind: AssumptionKind) -> None:
        self.recorded.ledger.assume(fact, branch.origin, kind, branch.note)
        self.known.append(fact)

    def _impossible(self, condition: Bool) -> bool:
        """Whether no sizes in range satisfy it."""
        if not condition.symbols <= {spec.symbol for spec in self.specs.symbols}:
            return False
        try:
            scope = self._scope_of_known()
            mark = scope.mark()
        except Contradiction:
            return True
        try:
            scope.assume(condition)
        except Contradiction:
            return True
        finally:
            scope.undo(mark)
        return False

    def _scope_of_known(self) -> Scope:
        """Return a scope that knows the ranges and what is known; what was known before is not learnt again."""
        if self._scope is None:
            self._scope = self.specs.scope()
            for spec in self.specs.symbols:
                if spec.sort is int:
                    self._scope.assume(le(spec.symbol, _LARGEST_SIZE))
        declared = frozenset(self._scope.symbols)
        for fact in self.known[self._learnt :]:
            if fact.symbols <= declared:
                self._scope.assume(fact)
        self._learnt = len(self.known)
        return self._scope

    def _holds_for(self, other: Trace, condition: Bool, branch: Branch, sizes: Mapping[Expr, int]) -> bool:
        """Whether the recorded trace computes what another one does, which `sizes` gave, where the condition holds."""
        theirs = _facts(other)
        if any(not isinstance(fact, Bool) for fact in theirs.difference(self.facts)):
            return False
        here, there = self.checks, _checks(other)
        common = [fact for fact in theirs & self.facts if isinstance(fact, Bool)]
        # What only the recorded side demands would reject sizes of the other side that the program takes.
        demanded = [check for check in here if check not in there]
        if all(
            _follow(demanded, self.recorded, facts) and same_trace(self.recorded, other, facts, sizes)
            for facts in _by_cases((*self.known, condition, *common))
        ):
            for check in self._more(other.ledger.assumptions, condition, _CHECKED):
                self._assume(or_(not_(condition), check), branch, AssumptionKind.CHECK)
            return True
        if self.may_change and self._is_held_by(other):
            self.better = other
        return False

    def _is_held_by(self, other: Trace) -> bool:
        """Whether another side computes what the recorded trace does, for all sizes that lead here."""
        theirs = _facts(other)
        if not all(_holds(fact, self.specs.samples[0]) for fact in theirs if isinstance(fact, Bool)):
            return False
        return all(
            _relies_on_no_more(self.recorded, theirs, facts)
            and same_trace(other, self.recorded, facts, self.specs.samples[0])
            for facts in _by_cases((*(fact for fact in theirs if isinstance(fact, Bool)), self.here))
        )


def _by_cases(facts: tuple[Bool, ...]) -> Iterator[tuple[Bool, ...]]:
    """Yield the facts once for each way in which they can hold: `keys.numel() == 0` says that some size is 0."""
    for fact in facts:
        for part in fact.args if fact.kind == "and" else (fact,):
            factors = _factors(part.args[0]) if part.kind == "eq" else ()
            if len(factors) > 1:
                yield from ((*facts, eq(factor, 0)) for factor in factors)
                return
    yield facts


def _factors(e: Expr) -> Collection[Expr]:
    if e.is_float or e.kind != "polynomial" or len(e.terms) != 1:
        return ()
    ((factors, _),) = e.terms.items()
    return dict.fromkeys(factors)


def _side(trace: Trace) -> Bool:
    """Return what is true of the sizes that take a trace's side of each of its branches."""
    return _condition({branch.question: branch.answer for branch in trace.branches})


def _condition(way: Mapping[Bool, bool]) -> Bool:
    return and_(*(question if answer else not_(question) for question, answer in way.items()))


def _facts(trace: Trace) -> frozenset[Fact]:
    return frozenset(assumption.fact for assumption in trace.ledger.assumptions)


def _checks(trace: Trace) -> list[Bool]:
    return [
        a.fact
        for a in trace.ledger.assumptions
        if a.kind is AssumptionKind.CHECK and isinstance(a.fact, Bool)
    ]


def _relies_on_no_more(trace: Trace, relied_on: Collection[Fact], facts: Iterable[Bool]) -> bool:
    """Whether what a trace relies on is relied on anyway, or follows from the facts."""
    return _follow(_facts(trace).difference(relied_on), trace, facts)


def _follow(wanted: Collection[Fact], trace: Trace, facts: Iterable[Bool]) -> bool:
    if not wanted:
        return True
    try:
        scope = knowing(trace, facts)
    except Contradiction:
        return True
    return all(isinstance(fact, Bool) and scope.follows(fact) for fact in wanted)


def _holds(fact: Bool, sizes: Mapping[Expr, int]) -> bool:
    if not fact.symbols <= sizes.keys():
        return True
    try:
        return bool(evaluate(fact, sizes))
    except (ArithmeticError, ValueError, TypeError):
        return False
