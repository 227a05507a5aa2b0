"""Why a program raises: what it demands of sizes contradicts what it demanded before.

`assert n < 3` and then `assert n > 5` raise for every size. The example is told so by Python, with the program's own
error; that no other input would do better is worth saying. So a trace that ended in an exception of the program is made
once more, and what the program asks only in order to raise is noted (`asserting`), the questions included that follow
from what is known and are otherwise answered before anybody asks. If the last of them can never have the answer that
lets the program go on, given those before, this and they are the lines to be named.

Invariant: an exception that some sizes avoid is never called a contradiction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from fullgraph.contract import Assumption, AssumptionKind, Ledger, Specs, contradictory
from fullgraph.errors import CaptureError
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, Kind, Scope, Undecided, not_
from fullgraph.tracing.asserting import answer_that_goes_on
from fullgraph.tracing.catching import is_caught_here

_DEMANDED: Final = (AssumptionKind.CHECK, AssumptionKind.DECLARED)


class Demands:
    """What a program demands of sizes in one trace, in order, and what of it failed in the end."""

    def __init__(self) -> None:
        self.ledgers: list[Ledger] = []
        self.met: list[Assumption] = []
        self.failed: Assumption | None = None

    def note(self, question: Bool, kind: Kind, answer: bool) -> None:
        """Note an answer, if the program goes on with one only."""
        if kind not in ("guard", "check") or is_caught_here():
            return
        needed = True if kind == "check" else answer_that_goes_on()
        if needed is not None:
            fact = question if needed else not_(question)
            demanded = Assumption(fact, origin_here(), AssumptionKind.CHECK)
            self.failed = None if answer == needed else demanded
            if answer == needed:
                self.met.append(demanded)

    def contradiction(self, specs: Specs) -> CaptureError | None:
        """Return the refusal of what failed, if it can never hold together with what was demanded before."""
        if self.failed is None or not isinstance(self.failed.fact, Bool) or not self.ledgers:
            return None
        said = [each for each in self.ledgers[-1].assumptions if each.kind in _DEMANDED]
        known = {spec.symbol for spec in specs.symbols}
        earlier = [each for each in (*said, *self.met) if _is_on(each, known)]
        facts = [each.fact for each in earlier if isinstance(each.fact, Bool)]
        if not _is_on(self.failed, known) or not specs.scope().together(facts).is_contradiction(
            self.failed.fact
        ):
            return None
        return contradictory(self.failed, earlier, specs.symbols)


class _Watching(threading.local):
    demands: Demands | None = None


_watching = _Watching()


class _WatchedScope(Scope):
    """A scope that tells what it is asked, also where the answer follows."""

    def __init__(self, demands: Demands, *settings: Any) -> None:
        super().__init__(*settings)
        self._demands = demands

    def ask(self, question: Bool, kind: Kind = "guard") -> bool:
        answer = super().ask(question, kind)
        self._demands.note(question, kind, answer)
        return answer

    def is_possible(self, fact: Bool) -> bool:
        answer = super().is_possible(fact)
        if not answer:
            self._demands.note(fact, "check", answer)
        return answer

    def decide_comparison(self, question: Bool) -> bool | None:
        return None  # so that it is asked

    def decide_by_ranges(self, compare: Any, a: Expr, b: Expr) -> bool | None:
        return None


def scope_of_trace(
    undecided: Undecided, branch: Callable[[Bool], bool | None], ledger: Ledger, at_once: bool
) -> Scope:
    """Return the scope for a trace; one that is watched while it is looked for a contradiction."""
    demands = _watching.demands
    if demands is None:
        return Scope(undecided, branch, at_once)
    demands.ledgers.append(ledger)
    return _WatchedScope(demands, undecided, branch, at_once)


def contradiction(trace_again: Callable[[], object], specs: Specs) -> CaptureError | None:
    """Say why a program raises, if it is because it demands what can never hold.

    Args:
        trace_again: makes the trace that ended in an exception of the program.
        specs: what was said of the inputs.
    """
    with _watched() as demands, suppress(Exception):  # it raises again; what matters is what it asked before
        trace_again()
    return demands.contradiction(specs)


@contextmanager
def _watched() -> Iterator[Demands]:
    _watching.demands = demands = Demands()
    try:
        yield demands
    finally:
        _watching.demands = None


def _is_on(assumption: Assumption, symbols: set[Expr]) -> bool:
    return isinstance(assumption.fact, Bool) and assumption.fact.symbols <= symbols
