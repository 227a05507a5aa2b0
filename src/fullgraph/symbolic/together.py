"""What facts say together, with all that follows: for a contract, where an answer may cost more than in a trace.

`decide` answers in microseconds, and misses what takes several facts at once. Here numbers are looked for that satisfy
the facts but not the question (`conditions`, `linear`): if there are none, the question follows. A part of an `or` (and
of `!=`, which is one) is tried only where the numbers that were found satisfy none of its parts.

Why an answer is right: sizes that satisfy the facts and not the question would be such numbers. That there are none is
certain; that there are some may mean no more than that not everything was said of a product. So nothing is concluded
from numbers that were found. For sums, quotients by a number, remainders and extremes all is said, and what follows is
found, within the work allowed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import islice
from typing import Any, Final

from fullgraph.symbolic import linear
from fullgraph.symbolic.boolean import Bool, eq, ge, le, not_, or_
from fullgraph.symbolic.conditions import Conditions, Translation, joined
from fullgraph.symbolic.division import mod_integers
from fullgraph.symbolic.expr import Expr, integer
from fullgraph.symbolic.facts import Facts
from fullgraph.symbolic.interning import parts_of
from fullgraph.symbolic.linear import GaveUp, Numbers, Work
from fullgraph.symbolic.ranges import Range

_WORK: Final = 1000
_WORK_IN_ALL: Final = 10000
_WORK_OF_A_CASE: Final = 10
# Of more facts only the nearest are looked at; and of so many, if the others take too much work.
_MOST_FACTS: Final = 60
_NEAREST: Final = 12
# A size that may be as large as this may be as large as one likes.
_FAR: Final = 2**40
# What Python computes for all numbers; divisions, for all divisors but 0.
_TOTAL: Final = frozenset(
    "polynomial constant symbol min max abs gcd bitand bitor bitxor product ite eq ne le and or true false".split()
)
_DIVISIONS: Final = ("floordiv", "mod")


class Together:
    """Facts, and the questions that they answer together.

    Args:
        known: what is known of the symbols; of facts in it that tie several, nothing is used.
        facts: what holds.
    """

    def __init__(self, known: Facts, facts: Iterable[Bool]) -> None:
        self._known = known
        self._translation = Translation(known)
        self._left = _WORK_IN_ALL
        # Numbers that satisfy all facts on the symbols for which there are any.
        self._seen: list[Numbers] = []
        self._facts: list[Bool] = []
        self._speaking_of: dict[Expr, list[int]] = {}
        for fact in facts:
            self.add(fact)

    def add(self, fact: Bool) -> None:
        """Add a fact."""
        for symbol in fact.symbols:
            self._speaking_of.setdefault(symbol, []).append(len(self._facts))
        self._facts.append(fact)

    def implies(self, question: Bool, without: AbstractSet[Bool] = frozenset()) -> bool:
        """Whether a question holds wherever the facts do; False if that was not found.

        Args:
            question: the question.
            without: facts that are left out.
        """
        return (question.is_const and bool(question.value)) or (
            _is_total(question, self._known) and self._is_impossible(not_(question), without)
        )

    def decides(self, question: Bool) -> bool | None:
        """Answer a question: True if it follows, False if its opposite does, None if neither was found."""
        if not _is_total(question, self._known):
            return None
        if self._is_impossible(not_(question)):
            return True
        return False if self._is_impossible(question) else None

    def is_contradiction(self, fact: Bool, without: AbstractSet[Bool] = frozenset()) -> bool:
        """Whether a fact cannot hold together with the others; False if that was not found."""
        return self._is_impossible(fact, without)

    def is_possible(self) -> bool:
        """Whether all facts may hold together; True if that was not refuted."""
        seen: set[Expr] = set()
        for fact in self._facts:
            if seen.isdisjoint(fact.symbols):
                tied = list(self._tied_to(fact.symbols))
                seen = seen.union(*(each.symbols for each in tied))
                if self.is_contradiction(fact):
                    return False
        return True

    def range_of(self, symbol: Expr, known: Range, value: int | None = None) -> Range:
        """Return the least range that holds every value of an integer symbol, as far as it is found.

        Args:
            symbol: the symbol.
            known: a range that holds every value.
            value: a value that it has in some case.
        """
        lo = known.lo if known.lo == value else self._bound(symbol, known.lo, -1, value)
        hi = known.hi if known.hi == value else self._bound(symbol, known.hi, 1, value)
        return Range(lo, hi)

    def _is_impossible(self, fact: Bool, without: AbstractSet[Bool] = frozenset()) -> bool:
        try:
            return self._find(fact, without) is None
        except GaveUp:
            return False

    def _find(
        self, fact: Bool, without: AbstractSet[Bool] = frozenset(), *, prefers_large: bool = False
    ) -> Numbers | None:
        """Return numbers that satisfy a fact and all that has to do with it; None if there are none."""
        tied = list(islice(self._tied_to(fact.symbols, without), _MOST_FACTS + 1))
        on_the_same = [each for each in tied if each.symbols <= fact.symbols]
        for some in (tied[:_MOST_FACTS], tied[:_NEAREST], on_the_same):  # less to look at may be enough
            try:
                found = self._numbers([fact, *some], prefers_large)
            except GaveUp:
                continue
            if found is None or len(some) == len(tied):
                return found
            break
        raise GaveUp

    def _numbers(self, facts: Iterable[Bool], prefers_large: bool = False) -> Numbers | None:
        conditions = self._translation.with_meaning(map(self._translation.said, facts))
        work = Work(min(self._left, _WORK), len(self._translation), prefers_large)
        before = work.left
        try:
            return _search(conditions, work)
        finally:
            self._left -= before - work.left

    def _tied_to(
        self, symbols: AbstractSet[Expr], without: AbstractSet[Bool] = frozenset()
    ) -> Iterator[Bool]:
        """Yield the facts on these symbols, then those on what they speak of, and so on."""
        waiting, met, used = deque(symbols), set(symbols), set[int]()
        while waiting:
            for index in self._speaking_of.get(waiting.popleft(), ()):
                fact = self._facts[index]
                if index in used or fact in without:
                    continue
                used.add(index)
                yield fact
                waiting += fact.symbols - met
                met |= fact.symbols

    def _bound(self, symbol: Expr, known: float, side: int, value: int | None) -> float:
        """Return the largest value (`side` is 1) or the smallest (-1) of a symbol; at worst, what is known."""
        number = self._translation.number((symbol,))

        def reaches(value: int) -> int | None:
            """Return a value of the symbol that is at least so far, if there is one."""
            found = self._find(ge(symbol, value) if side > 0 else le(symbol, value), prefers_large=side > 0)
            if found is None:
                return None
            reached = found.get(number, 0)
            # Unknowns that `linear` added are no longer what they were when others are numbered.
            self._seen.append(
                {x: n for x, n in found.items() if x < len(self._translation)} | {number: reached}
            )
            return reached

        if any(numbers.get(number) == known for numbers in self._seen):
            return known
        outermost = side * _FAR if math.isinf(known) else int(known)
        refuted: int | None = None  # the innermost value that the symbol is known not to reach
        try:
            if reaches(outermost) is not None:
                return known
            refuted = outermost
            if value is None:
                value = reaches(-side * _FAR)
            if value is None:
                return known  # there are no values at all, which is said elsewhere
            within, step = value, 1
            while (refuted - within) * side > 1:
                step = min(step, abs(refuted - within) // 2)
                middle = within + side * step if math.isinf(known) else refuted - side * step
                reached = reaches(middle)
                # A known bound is not far from the right one; without one, the values there are may be.
                step = 2 * step if (reached is None) != math.isinf(known) else 1
                if reached is None:
                    refuted = middle
                else:
                    within = reached
        except GaveUp:
            return known if refuted is None or abs(refuted) == _FAR else refuted - side
        return within


def _search(conditions: Conditions, work: Work) -> Numbers | None:
    numbers = linear.solution(conditions.equal, conditions.at_most, work)
    if numbers is None:
        return None
    unmet = [parts for parts in conditions.either if not any(part.hold(numbers) for part in parts)]
    if not unmet:
        return numbers
    chosen = min(unmet, key=len)
    rest = Conditions(
        conditions.equal,
        conditions.at_most,
        tuple(parts for parts in conditions.either if parts is not chosen),
    )
    for part in chosen:
        work.spend(_WORK_OF_A_CASE)
        found = _search(joined([part, rest]), work)
        if found is not None:
            return found
    return None


def _is_total(question: Bool, known: Facts) -> bool:
    """Whether Python has an answer to the question for all sizes."""
    return all(
        part.kind in _TOTAL or (part.kind in _DIVISIONS and 0 not in known.integer_range(part.args[1]))
        for part in parts_of(question)
    )


def all_known(facts: Facts) -> list[Bool]:
    """Return what is known, but for the range of each symbol."""
    return [fact for _, restated in _said_by(facts, replaced=True) for fact in restated()]


def known_of(facts: Facts, symbols: AbstractSet[Expr]) -> list[Bool]:
    """Return what is known of symbols, then of those that it speaks of, until that is much.

    Args:
        facts: all that is known.
        symbols: symbols that the facts do not replace by others.
    """
    waiting = list(_said_by(facts, replaced=False))
    met, found = frozenset(symbols), list[Callable[[], Iterable[Bool]]]()
    while True:
        tied = [each for each in waiting if not met.isdisjoint(each[0])]
        if not tied or len(found) > _MOST_FACTS:
            return [fact for restated in found for fact in restated()]
        found += [restated for _, restated in tied]
        waiting = [each for each in waiting if met.isdisjoint(each[0])]
        met = met.union(*(spoken_of for spoken_of, _ in tied))


def _said_by(known: Facts, replaced: bool) -> Iterator[tuple[frozenset[Expr], Callable[[], Iterable[Bool]]]]:
    """Yield of each thing that is known its symbols, and what says it as facts."""
    for form, allowed in known.bounds.items():
        if form.kind != "symbol":
            yield form.symbols, partial(_within, form, allowed)
    for atom, value in known.replacements.items():
        if atom.kind == "symbol" and not replaced:
            continue
        yield atom.symbols | value.symbols, partial(_one, eq, atom, value)
    for atom, k in known.divisors.items():
        yield atom.symbols, partial(_one, eq, mod_integers(atom, integer(k)), 0)
    for atom, values in known.values.items():
        yield atom.symbols, partial(_one_of, atom, values)
    for fact, holds in known.learnt.items():
        if holds and fact.kind not in ("le", "eq"):
            yield fact.symbols, partial(iter, (fact,))


def _one(make: Callable[..., Bool], *operands: Any) -> Iterable[Bool]:
    return (make(*operands),)


def _one_of(atom: Expr, values: Iterable[int]) -> Iterable[Bool]:
    return (or_(*(eq(atom, value) for value in values)),)


def _within(form: Expr, allowed: Range) -> Iterable[Bool]:
    if allowed.is_point:
        return (eq(form, int(allowed.lo)),)
    found = []
    if allowed.lo > -math.inf:
        found.append(ge(form, int(allowed.lo)))
    if allowed.hi < math.inf:
        found.append(le(form, int(allowed.hi)))
    return found
