"""What happens when no answer follows from the facts: an assumption with its origin, or a refusal.

`Answers` implements `symbolic.Undecided` for a trace. A question on sizes is answered by the example (the hint), and
the answer is written into the ledger: it becomes a line of the contract, or, for a dim that was declared dynamic,
part of one refusal that names them all (contract/simplify.py). A question that no example can answer, because the
size comes from a tensor's values or the input was a `TensorSpec`, is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fullgraph.contract import AssumptionKind, Ledger
from fullgraph.errors import DataDependent
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, Scope, not_, render, same_value
from fullgraph.tracing.asserting import answer_that_goes_on
from fullgraph.tracing.catching import is_caught_here
from fullgraph.tracing.explaining import refuse_size
from fullgraph.tracing.result import Branch

if TYPE_CHECKING:
    from fullgraph.tracing.records import Records

_DEFAULTS = {"or_false": False, "or_true": True}


class Answers:
    """Answers the questions of one trace; `operator` is the operator whose sizes are being worked out, if any.

    Args:
        ledger: where assumptions are written down.
        forced: branches to take whatever the example says.
        learning: the branches on sizes that may be narrowed from which something is learnt; None for all of them.
        earlier: the sizes of an earlier call, on which every question is a branch.
    """

    def __init__(
        self,
        ledger: Ledger,
        forced: Mapping[Bool, bool],
        learning: frozenset[Bool] | None = None,
        earlier: frozenset[Expr] = frozenset(),
    ) -> None:
        self.ledger = ledger
        self.forced = forced
        self.learning = learning
        self.earlier = earlier
        self.branches: dict[Bool, Branch] = {}
        self.operator: Any = None
        self.note = ""  # what is asked about, where no line of the program asks
        self.scope: Scope  # set once by the trace: the scope is built with this object
        self.recorder: Records  # likewise

    @contextmanager
    def asked_by(self, op: Any) -> Iterator[None]:
        """Take what is asked in the meantime for questions of an operator."""
        before, self.operator = self.operator, op
        try:
            yield
        finally:
            self.operator = before

    def branch(self, question: Bool) -> bool | None:
        """Answer a branch of the program's own Python on sizes that may not be narrowed; None for other questions.

        Nothing is learnt from the answer, so that the trace holds on both sides if the other side turns out to be the
        same, or to raise (branching.py).
        """
        learns = self.learning is None or question in self.learning
        is_looked_at = self.ledger.is_dynamic if learns else self.ledger.spec_of
        is_on_earlier = not self.earlier.isdisjoint(question.symbols)
        if self.operator is not None or not (is_on_earlier or any(map(is_looked_at, question.symbols))):
            return None
        known = self.branches.get(question)
        if known is None:
            answer = self.forced.get(question)
            if answer is None:
                hint = self.scope.hint_of(question)
                if hint is None:
                    return None
                answer = bool(hint)
            known = self.branches[question] = Branch(question, answer, origin_here(), self.note)
        return known.answer

    def condition(self, question: Bool, kind: str) -> bool:
        """Answer by the example, and write the answer down; see `symbolic.Undecided`."""
        hint = self.scope.hint_of(question)
        default = _DEFAULTS.get(kind)
        if default is not None and (hint is None or bool(hint) == default):
            return default
        told_by_contents = hint is None and any(self.ledger.spec_of(s) is None for s in question.symbols)
        is_made_at_each_run = kind in ("required", "expected") and told_by_contents
        if kind == "required" and hint is None and not told_by_contents:
            self._assume(question)  # of a TensorSpec: it narrows what the user said of it
            return True
        if is_made_at_each_run or (kind == "check" and not (hint is not None and is_caught_here())):
            self.ledger.assume(question, origin_here(), AssumptionKind.CHECK)
            return True
        if hint is None and kind == "guard":
            needed = answer_that_goes_on()
            if needed is not None:  # an assertion about values, to be made at each run
                fact = question if needed else not_(question)
                self.ledger.assume(fact, origin_here(), AssumptionKind.CHECK)
                return needed
        if hint is None:
            hint = self._refuse(question, f"whether {render(question, self._names)}")
        answer = bool(hint)
        self._assume(question if answer else not_(question))
        return answer

    def value(self, expr: Expr) -> int | float:
        """Give a size its example's value for good."""
        hint = self.scope.hint_of(expr)
        if hint is None:
            hint = self._refuse(expr, f"the value of {render(expr, self._names)}")
        self._assume(same_value(expr, hint))
        return hint

    @property
    def _names(self) -> dict[Expr, str]:
        return {spec.symbol: spec.text for spec in self.ledger.symbols}

    def _assume(self, fact: Bool) -> None:
        kind = AssumptionKind.PROGRAM if self.operator is None else AssumptionKind.OPERATOR
        self.ledger.assume(
            fact, origin_here(), kind, note=self.note if self.operator is None else str(self.operator)
        )

    def _refuse(self, question: Expr | Bool, words: str) -> Any:
        asker = "Python" if self.operator is None else f"the operator {self.operator}"
        error = DataDependent(
            f"{asker} must know {words} now.",
            why="\n".join(self._unknown(question.symbols)),
            instead="Give an example tensor for the input, state the fact with torch._check(...), or keep the value in "
            "a tensor (torch.where, masking) so that Python need not know it.",
            where=origin_here(),
            case="tensor_as_list_index",
        )
        return refuse_size(self.recorder, question, error)

    def _unknown(self, symbols: frozenset[Expr]) -> list[str]:
        """Say of each symbol without an example why it has none."""
        found = []
        for symbol in sorted(symbols, key=render):
            spec = self.ledger.spec_of(symbol)
            if spec is None:
                found.append(
                    f"{render(symbol)} comes from the values of a tensor, known only when the program runs."
                )
            elif self.scope.hint_of(symbol) is None:
                place = str(spec.binding.source)
                name = f"`{spec.text}`" if spec.text == place else f"`{spec.text}`, which is {place},"
                found.append(f"{name} has no example: the input was given as a TensorSpec.")
        return found
