"""The lines that are left in the end say no more than they must, and say it plainly.

While lines are learnt one by one, what follows from several of them at once may go unseen. Here all are there, and
`Together` sees what they say: two inequalities that leave one value are that equality, parts of an `or` that cannot be
are left out, and a line that follows from the others is dropped, the longest first.

Why dropping is right: a line is dropped only if it follows from lines that stay and from ranges that the check tests.
Both `Scope.decide` and `Together.implies` are sound, so whatever passes the check satisfies the dropped lines as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.readable import multiples
from fullgraph.contract.reduction import Line, Reduction, restated, symbols_tied, without_known_parts
from fullgraph.contract.refusal import contradictory
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import add_solution, applied, evaluated, solved_for
from fullgraph.symbolic import Bool, Contradiction, Expr, Range, Scope, Together, eq, ge, integer, le, or_


def minimal(reduction: Reduction, specs: Specs) -> tuple[list[Assumption], Mapping[Expr, Range]]:
    """Put the lines of a reduction into their final form.

    Args:
        reduction: the lines, and what they determine; what they determine together is added.
        specs: what the user said about the inputs.

    Returns:
        The lines, and the range of each symbol that they do not determine.

    Raises:
        Unsupported: no sizes satisfy the lines.
    """
    try:
        while True:
            reduction.lines, known = _not_following_from_later_ones(reduction, specs)
            if _say_multiples(reduction, specs):
                continue
            together = known.together()
            ranges = _ranges(reduction, specs, known, together)
            found_equal = _equate(reduction, specs, together)
            if not _pin(reduction, ranges) and not found_equal and not _say_more(reduction, ranges, together):
                break
        return [line.assumption for line in _not_following(reduction, specs)], ranges
    except Contradiction:  # seen only now that the lines are put together in another way
        *earlier, last = [line.assumption for line in reduction.lines]
        raise contradictory(last, earlier, specs.symbols) from None


def _not_following_from_later_ones(reduction: Reduction, specs: Specs) -> tuple[list[Line], Scope]:
    """Return the lines without those that later ones make superfluous, in order, and what is known with them."""
    solutions = reduction.solutions
    scope = specs.scope(solutions)
    kept: list[Line] = []
    for line in reversed(reduction.lines):
        if line.solved is not None:
            solved = replace(line.assumption, fact=eq(line.solved, solutions[line.solved]))
            kept.append(Line(solved, line.solved))
            continue
        fact = reduction.of_sizes(without_known_parts(applied(line.fact, solutions), scope))
        for part in fact.args if fact.kind == "and" else (fact,):
            if scope.decide(part) is not True:
                scope.assume(part)
                kept.append(Line(restated(line.assumption, part), None))
    kept.reverse()
    return kept, scope


def _say_multiples(reduction: Reduction, specs: Specs) -> bool:
    """Say by remainders what products of quotients say; return whether there were such."""
    news = False
    for line in list(_unsolved(reduction.lines)):
        if multiples(line.fact, lambda _: Range(lo=0)) is line.fact:
            continue
        others = specs.scope(reduction.solutions)
        for other in _unsolved(reduction.lines):
            if other is not line:
                others.assume(other.fact)
        said = multiples(line.fact, others.range_of)
        if said is line.fact:
            continue
        place = reduction.lines.index(line)
        parts = said.args if said.kind == "and" else (said,)
        reduction.lines[place : place + 1] = [Line(restated(line.assumption, part), None) for part in parts]
        news = True
    return news


def _ranges(reduction: Reduction, specs: Specs, known: Scope, together: Together) -> dict[Expr, Range]:
    """Return the range of each symbol that is left; of one that lines tie to others, what all of them leave."""
    tied = _tied(reduction, specs)
    ranges: dict[Expr, Range] = {}
    for symbol, spec in reduction.symbols.items():
        if symbol not in reduction.solutions:
            ranges[symbol] = before = known.range_of(symbol)
            if symbol in tied and spec.sort is int:
                ranges[symbol] = found = together.range_of(symbol, before, specs.samples[0].get(symbol))
                # From these, those of others follow at once.
                if found.lo > before.lo:
                    known.assume(ge(symbol, int(found.lo)))
                if found.hi < before.hi:
                    known.assume(le(symbol, int(found.hi)))
    return ranges


def _tied(reduction: Reduction, specs: Specs) -> set[Expr]:
    """Return the symbols of which more than a range is said: by a line, or by what is to be a size or in a range."""
    lines = (line.fact for line in _unsolved(reduction.lines) if not _is_bound(line.fact))
    handed_on = (
        value
        for symbol, value in reduction.solutions.items()
        if value.kind not in ("symbol", "constant") or reduction.symbols[symbol].sizes.values is not None
    )
    implied = (applied(fact, reduction.solutions) for fact in specs.implied)
    return {symbol for each in (*lines, *handed_on, *implied) for symbol in each.symbols}


def _unsolved(lines: list[Line]) -> Iterator[Line]:
    return (line for line in lines if line.solved is None)


def _is_bound(fact: Bool) -> bool:
    """Whether a fact is a bound of one symbol, which its range has."""
    is_linear = fact.kind == "le" and all(
        not m or [a.kind for a in m] == ["symbol"] for m in fact.args[0].terms
    )
    return is_linear and len(fact.symbols) == 1


def _say_more(reduction: Reduction, ranges: Mapping[Expr, Range], together: Together) -> bool:
    """Say the part of an `or` that always holds, and `n >= 2` for `n != 1` of what is no less; return whether there is.

    What is said follows from all lines and says more than the line, so that others may follow from it.
    """
    news = False
    for place, line in enumerate(reduction.lines):
        if line.solved is not None:
            continue
        said = line.fact
        if said.kind == "or":
            said = next((part for part in said.args if together.implies(part)), said)
        if said.kind == "ne" and len(said.symbols) == 1:
            (symbol,) = said.symbols
            excluded = solved_for(eq(said.args[0], 0), symbol)
            if excluded is not None and excluded.value < ranges[symbol].lo:
                said = ge(symbol, excluded.value + 1)
            elif excluded is not None and excluded.value > ranges[symbol].hi:
                said = le(symbol, excluded.value - 1)
        if said is not line.fact:
            reduction.lines[place] = Line(restated(line.assumption, said), None)
            news = True
    return news


def _equate(reduction: Reduction, specs: Specs, together: Together) -> bool:
    """Say that sizes are equal where inequalities leave nothing else (`a <= b` and `b <= a`)."""
    news = False
    for line in list(_unsolved(reduction.lines)):
        fact = applied(line.fact, reduction.solutions)
        if fact.kind != "le" or len(fact.symbols) < 2:
            continue
        in_example = evaluated(fact.args[0], specs.samples[0])
        equal = eq(fact.args[0], 0)
        if not in_example and together.implies(equal):
            reduction.equate(line, equal)
            news = True
    return news


def _pin(reduction: Reduction, ranges: Mapping[Expr, Range]) -> bool:
    """Say that a symbol is its one value, where several lines leave no other (`n >= 5` and `n <= 5`)."""
    news = False
    for symbol, left in ranges.items():
        spec = reduction.symbols[symbol]
        if symbol in reduction.solutions or spec.sort is not int or spec.range.is_point or not left.is_point:
            continue
        cause = next(
            (x.assumption for x in reversed(reduction.lines) if symbols_tied(x.assumption, {symbol})), None
        )
        if cause is not None:
            add_solution(symbol, integer(int(left.lo)), reduction.solutions)
            reduction.lines.append(Line(restated(cause, eq(symbol, int(left.lo))), symbol))
            news = True
    return news


def _not_following(reduction: Reduction, specs: Specs) -> list[Line]:
    """Return the lines that do not follow from the others, and of each `or` the parts that may hold."""
    lines = reduction.lines
    known = specs.scope(reduction.solutions)
    together = known.together(line.fact for line in _unsolved(lines))
    shorter: dict[Bool, Bool] = {}
    for line in _unsolved(lines):
        if line.fact.kind == "or":
            others = {line.fact}
            parts = [part for part in line.fact.args if not together.is_contradiction(part, without=others)]
            if len(parts) < len(line.fact.args):
                shorter[line.fact] = or_(*parts)
    if shorter:
        lines = [
            line
            if line.solved is not None
            else Line(restated(line.assumption, shorter.get(line.fact, line.fact)), None)
            for line in lines
        ]
        together = known.together(line.fact for line in _unsolved(lines))
    dropped: set[Bool] = set()
    for line in sorted(_unsolved(lines), key=_length, reverse=True):
        if together.implies(line.fact, without=dropped | {line.fact}):
            dropped.add(line.fact)
    return [line for line in lines if line.solved is not None or line.fact not in dropped]


def _length(line: Line) -> tuple[bool, int, int]:
    """How much there is to read; what the user stated stays before what the program made of it."""
    fact = line.fact
    return line.assumption.kind is not AssumptionKind.DECLARED, len(fact.symbols), _size(fact)


def _size(what: Bool | Expr) -> int:
    if isinstance(what, Bool):
        return 1 + sum(_size(part) for part in what.args)
    return 1 + sum(_size(arg) for arg in what.args if isinstance(arg, (Bool, Expr))) + len(what.terms)
