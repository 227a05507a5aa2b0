"""Everything known of the symbols of one trace, and the questions asked about them.

A scope decides what follows from its facts. What does not follow goes to the `Undecided` object it was given,
and the answer becomes a fact, so that no question is asked twice. It is used by one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from fullgraph.symbolic.arithmetic import extreme
from fullgraph.symbolic.boolean import Bool, eq, ge, gt, le, lt, ne, not_, true
from fullgraph.symbolic.decide import decide
from fullgraph.symbolic.evaluation import evaluate
from fullgraph.symbolic.expr import Expr, Operand, expression
from fullgraph.symbolic.facts import Contradiction, Facts
from fullgraph.symbolic.interning import parts_of
from fullgraph.symbolic.ranges import ANY, Range
from fullgraph.symbolic.scalars import same_value, scalar_symbol
from fullgraph.symbolic.simplify import simplify, simplify_question
from fullgraph.symbolic.together import Together, all_known, known_of
from fullgraph.symbolic.undecided import Kind, Undecided

_UNKNOWN = object()
_DEFAULTS: Final[dict[str, bool]] = {"or_false": False, "or_true": True}


def _below(x: Range, y: Range) -> bool | None:
    return True if x.hi < y.lo else False if x.lo >= y.hi else None


def _at_most(x: Range, y: Range) -> bool | None:
    return True if x.hi <= y.lo else False if x.lo > y.hi else None


def _above(x: Range, y: Range) -> bool | None:
    return True if x.lo > y.hi else False if x.hi <= y.lo else None


def _at_least(x: Range, y: Range) -> bool | None:
    return True if x.lo >= y.hi else False if x.hi < y.lo else None


def _equal(x: Range, y: Range) -> bool | None:
    if x.hi < y.lo or x.lo > y.hi:
        return False
    return True if x.lo == x.hi == y.lo == y.hi else None


def _different(x: Range, y: Range) -> bool | None:
    answer = _equal(x, y)
    return None if answer is None else not answer


_SIMPLE: Final = ("symbol", "constant")
# What a question on sums is made of: if no facts tie its symbols, it is answered by their ranges.
_PLAIN: Final = ("symbol", "constant", "polynomial", "le", "eq", "ne")
Comparison: TypeAlias = Callable[[Any, Any], Bool]
_BY_RANGES: Final[dict[Comparison, Callable[[Range, Range], bool | None]]] = {
    eq: _equal,
    ne: _different,
    lt: _below,
    le: _at_most,
    gt: _above,
    ge: _at_least,
}


class Scope:
    """The facts of one trace.

    Args:
        undecided: asked when no answer follows from the facts.
        branch: asked first at a guard. What it answers is not learnt: the asker takes one of two ways, and nothing
            else may rely on it.
        at_once: whether comparisons are asked when they are made, so that the program sees plain booleans.

    Example:
        >>> scope = Scope(undecided)
        >>> batch = scope.declare("batch", lo=1, hint=4)
        >>> scope.decide(gt(mul(batch, 2), 1))
        True
    """

    def __init__(
        self,
        undecided: Undecided,
        branch: Callable[[Bool], bool | None] | None = None,
        at_once: bool = False,
    ) -> None:
        self.undecided = undecided
        self.branch = branch
        self.at_once = at_once
        self._takes_defaults = False
        self._facts = Facts()
        self._declared: dict[Expr, tuple[Range, tuple[int, ...] | None]] = {}
        self._hints: dict[Expr, Any] = {}
        self._hinted: dict[Expr | Bool, Any] = {}
        self._answers: dict[Bool, bool | None] = {}
        self._answers_version = 0
        self._answers_together: dict[Bool, bool | None] = {}
        self._answers_together_version = 0
        self._simplified: dict[Expr, Expr] = {}
        self._simplified_version = 0
        # What `nodes` computed from the present facts, by operation and operands. Learning and forgetting empty it.
        self.results: dict[Any, Any] = {}

    def declare(
        self,
        name: str,
        lo: int = 0,
        hi: int | None = None,
        hint: float | None = None,
        values: Iterable[int] | None = None,
        sort: type = int,
    ) -> Expr:
        """Introduce a symbol.

        Args:
            name: its name; a symbol of this scope may be declared once.
            lo: the smallest value it may have. Sizes start at 0.
            hi: the largest value, or None for no bound.
            hint: its value in the example, if there is one.
            values: the only values it may have, if they are few.
            sort: the type of its values: `int`, `float` (which has no range: it may be anything, nan too) or `bool`
                (which is 0 or 1).

        Returns:
            The symbol.

        Raises:
            Contradiction: no value is left.
        """
        new = scalar_symbol(name, sort)
        if sort is bool:
            lo, hi = 0, 1
        if new in self._facts.order:
            raise ValueError(f"symbol {name!r} is declared twice")
        first = Range(lo, math.inf if hi is None else hi), None if values is None else tuple(values)
        self._facts.declare(new, *first)
        self._declared[new] = first
        self.results.clear()
        if hint is not None:
            self._hints[new] = hint
            self._hinted.clear()
        return new

    @property
    def symbols(self) -> tuple[Expr, ...]:
        """The declared symbols, in order."""
        return tuple(self._facts.order)

    @property
    def version(self) -> int:
        """A number that changes whenever something is learnt."""
        return self._facts.version

    def simplify(self, expr: Expr) -> Expr:
        """Return an expression equal to `expr` wherever the facts hold, as short as they allow."""
        if expr.is_const:
            return expr
        facts = self._facts
        if self._simplified_version != facts.version:
            self._simplified.clear()
            self._simplified_version = facts.version
        found = self._simplified.get(expr)
        if found is None:
            found = self._simplified[expr] = simplify(facts, expr)
        return found

    def simplify_question(self, question: Bool) -> Bool:
        """Return a question with the same answer wherever the facts hold, about as little as they allow."""
        return simplify_question(self._facts, question)

    def decide(self, question: Bool) -> bool | None:
        """Return whether `question` always holds (True), never holds (False), or neither follows (None).

        Sound: see `decide` for the argument. Not complete: None may be returned although an answer exists.
        """
        if question.is_const:
            return question.value
        facts = self._facts
        if self._answers_version != facts.version:
            # Facts only grow, so what was answered stays; what was not may be now.
            self._answers = {q: a for q, a in self._answers.items() if a is not None}
            self._answers_version = facts.version
        answer = self._answers.get(question, _UNKNOWN)
        if answer is _UNKNOWN:
            answer = decide(facts, facts.rewrite(question))
            self._answers[question] = answer
        return answer  # type: ignore[return-value]

    def is_possible(self, fact: Bool) -> bool:
        """Say whether a fact may hold: False if it does not, or contradicts what is known when it is learnt."""
        if self.decide(fact) is not None:
            return self.decide(fact) is True
        before = self.mark()
        try:
            self.assume(fact)
        except Contradiction:
            return False
        self.undo(before)
        return True

    def follows(self, fact: Bool) -> bool:
        """Return whether `fact` always holds, if need be after it was made as short as the facts allow."""
        return self.decide(fact) is True or simplify_question(self._facts, fact) is true

    def together(self, facts: Iterable[Bool] = ()) -> Together:
        """Return what is known, and these facts, for questions that may cost more to answer."""
        return Together(self._facts, [*all_known(self._facts), *facts])

    def decide_together(self, question: Bool) -> bool | None:
        """Answer what takes several facts at once, as `decide` does otherwise; this costs more."""
        facts = self._facts
        if self._answers_together_version != facts.version:
            self._answers_together.clear()
            self._answers_together_version = facts.version
        if question not in self._answers_together:
            asked = facts.rewrite(question)
            tied = known_of(facts, asked.symbols)
            is_plain = all(part.kind in _PLAIN for part in parts_of(asked))
            answer = None if is_plain and not tied else Together(facts, tied).decides(asked)
            self._answers_together[question] = answer
        return self._answers_together[question]

    def decide_comparison(self, question: Bool) -> bool | None:
        """Decide a comparison when it is made, so that nobody need ask."""
        return self.decide(question)

    def decide_by_ranges(self, compare: Comparison, a: Expr, b: Expr) -> bool | None:
        """Answer a comparison of symbols and constants by the ranges they lie in, without making it a question.

        Most comparisons of a trace are settled so: a size with 0 or 1. Right where `decide` is, whose ranges these are;
        the range of a symbol that the facts replace holds its values as well.
        """
        if a.is_float or b.is_float or a.kind not in _SIMPLE or b.kind not in _SIMPLE:
            return None
        range_of = self._facts.integer_range
        return _BY_RANGES[compare](range_of(a), range_of(b))

    def extreme(self, kind: str, a: Expr, b: Expr) -> Expr:
        """Return the `"min"` or `"max"` of two numbers, as short as the facts allow."""
        facts = self._facts
        if a.kind in _SIMPLE and b.kind in _SIMPLE and not (a.is_float or b.is_float):
            x, y = facts.integer_range(a), facts.integer_range(b)
            if x.hi <= y.lo or y.hi <= x.lo:
                return self.simplify(a if (x.hi <= y.lo) == (kind == "min") else b)
            if not facts.linked and not facts.replacements:
                return extreme(kind, a, b)  # nothing but their ranges bears on how they compare
        return self.simplify(extreme(kind, a, b))

    def ask(self, question: Bool, kind: Kind = "guard") -> bool:
        """Decide `question`; if no answer follows, ask, and remember the answer as a fact."""
        answer = self.decide(question)
        if answer is not None:
            return answer
        if self._takes_defaults and kind in _DEFAULTS:
            return _DEFAULTS[kind]
        if kind == "guard":
            answer = self.decide_together(question)
            if answer is not None:
                return answer
        if kind == "guard" and self.branch is not None:
            taken = self.branch(question)
            if taken is not None:
                return taken
        question = simplify_question(self._facts, question)  # what is asked may be shown to the user
        if question.is_const:
            return bool(question.value)
        if kind == "check" and not self.is_possible(question):
            return False
        answer = self.undecided.condition(question, kind)
        if self._relies_on(answer, kind):
            try:
                self.assume(question if answer else not_(question))
            except Contradiction:
                return not answer  # what was answered cannot be
        return answer

    @staticmethod
    def _relies_on(answer: bool, kind: Kind) -> bool:
        # The asker's default way is right whatever the outcome: taking it relies on nothing.
        return answer != _DEFAULTS.get(kind, not answer)

    def value_of(self, expr: Expr, *, remember: bool = True) -> int | float:
        """Return the one value of `expr`; if several are possible, ask, and remember the answer as a fact."""
        expr = self.simplify(expr)
        if expr.is_const:
            return expr.value
        value = self.undecided.value(expr)
        if remember:
            self.assume(same_value(expr, value))
        return value

    def assume(self, fact: Bool) -> None:
        """Learn that `fact` holds.

        Raises:
            Contradiction: it cannot hold together with what is known.
        """
        answer = self.decide(fact)
        if answer is False:
            raise Contradiction("this can never hold together with what is known")
        if answer is None:
            self.results.clear()
            before = self._facts.copy()
            try:
                self._facts.learn(self._facts.rewrite(fact))
            except (Contradiction, ZeroDivisionError) as error:
                # What was derived from the half-learnt fact is stale.
                before.version = self._facts.version + 1
                self._facts = before
                if isinstance(error, Contradiction):
                    raise
                # Something known has a value, which it would not have.
                raise Contradiction("with this, something known would be divided by zero") from None

    @contextmanager
    def taking_defaults(self) -> Iterator[None]:
        """Answer what has a default by it, without asking, unless the answer follows."""
        before, self._takes_defaults = self._takes_defaults, True
        try:
            yield
        finally:
            self._takes_defaults = before

    def range_of(self, expr: Operand) -> Range:
        """Return a range that holds every value `expr` can have."""
        return self._facts.range_of(self.simplify(expression(expr))) or ANY

    def bounds_of(self, expr: Expr) -> Range:
        """Return a range that holds every value `expr` can have, without making it shorter first."""
        return self._facts.range_of(expr) or ANY

    def hint_of(self, what: Expr | Bool) -> Any:
        """Return the value in the example, or None when a symbol has no hint or Python raises for it."""
        if what in self._hinted:
            return self._hinted[what]
        try:
            found = evaluate(what, self._hints) if what.symbols <= self._hints.keys() else None
        except (ArithmeticError, ValueError, TypeError):
            found = None  # TypeError: a negative number to a fractional power is complex
        self._hinted[what] = found
        return found

    def mark(self) -> Facts:
        """Return the present facts, to come back to with `undo`."""
        return self._facts.copy()

    def undo(self, mark: Facts) -> None:
        """Forget what was learnt since `mark`. Symbols declared since then stay, as they were declared."""
        version = self._facts.version + 1
        facts = mark.copy()
        for new in self._facts.order:
            if new not in facts.order:
                facts.declare(new, *self._declared[new])
        facts.version = version
        self._facts = facts
        self._answers.clear()
        self.results.clear()
