"""Answer a question from the facts: yes, no, or undecided.

Why an answer is right. Every question about integers is `e <= 0`, `e == 0` or its negation.

* *Ranges.* `range_of(e)` holds every value e can have. If it lies at or below 0, `e <= 0` is true; if it lies
  above, false; if 0 isn't in it, `e == 0` is false.
* *Elimination.* If F <= h is known, then e <= 0 follows from s*e - t*F + t*h <= 0, for s, t > 0, because
  s*e <= s*e + t*(h - F). Choosing s and t so that a monomial of e cancels leaves a question that is often
  settled by ranges. F is a form with a known bound, or follows from the meaning of an atom of e: k*(x//k) <=
  x, min(x, y) <= x ... The search is bounded in depth and breadth; running out means undecided, never an
  answer.
* *Equality* is both inequalities. It is refuted by either strict one, or when a number divides every other
  term of e but not the constant one.
* *Quotients.* e and its normal form (`quotients`) have the same value.
* *Divisors.* An x that k divides is k*(x//k).
* *Content.* e = m*x with m != 0 is zero exactly when x is; with m > 0 it has the sign of x. If m*x is a number c
  that is not 0, then 1 <= abs(m) <= abs(c), and so for x.
* *Cases.* A question on a few symbols with few possible values each is evaluated on all of them. One on min(x, y)
  is asked of x where x <= y, and of y where y <= x; an answer that both give holds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache

from fullgraph.symbolic import ranges
from fullgraph.symbolic.boolean import Bool, le, ne
from fullgraph.symbolic.division import content, floordiv_integers, mod_integers
from fullgraph.symbolic.evaluation import evaluate, substitute
from fullgraph.symbolic.expr import Expr, integer, minus, plus, polynomial, times
from fullgraph.symbolic.facts import WIDEST, Contradiction, Facts
from fullgraph.symbolic.interning import contains, parts_of
from fullgraph.symbolic.quotients import in_quotients, multiplied_out
from fullgraph.symbolic.ranges import Range

_DEPTH = 3
_BREADTH = 8
_LARGEST_ENUMERATION = 256
_MOST_EXTREMES = 3


def decide(facts: Facts, question: Bool) -> bool | None:
    """Answer `question`, which has been rewritten by the facts' replacements."""
    if question.is_const:
        return question.value
    known = facts.holds(question)
    if known is not None:
        return known
    answer = _RULES[question.kind](facts, *question.args)
    if answer is None:
        answer = _by_cases(facts, question)
    if answer is None:
        answer = _by_divisors(facts, question)
    return answer if answer is not None else _by_extremes(facts, question)


def _at_most_zero(facts: Facts, e: Expr) -> bool | None:
    found = facts.integer_range(e)
    if found.hi <= 0:
        return True
    if found.lo > 0:
        return False
    normal = _shorter_in_quotients(facts, e)
    if normal is not None:
        return _at_most_zero(facts, normal)
    if _has_relations(facts, e):
        if _follows(facts, e, _DEPTH):
            return True
        if _follows(facts, minus(integer(1), e), _DEPTH):
            return False
    return _sign_by_content(facts, e)


def _is_zero(facts: Facts, e: Expr) -> bool | None:
    found = facts.integer_range(e)
    if 0 not in found:
        return False
    if found.is_point:
        return True
    normal = _shorter_in_quotients(facts, e)
    if normal is not None:
        return _is_zero(facts, normal)
    common = math.gcd(*(facts.divisor_of_term(m, c) for m, c in e.terms.items() if m))
    if common and e.terms.get((), 0) % common:
        return False
    if _has_relations(facts, e):
        one = integer(1)
        if _follows(facts, plus(e, one), _DEPTH) or _follows(facts, minus(one, e), _DEPTH):
            return False
        if _follows(facts, e, _DEPTH) and _follows(facts, times(integer(-1), e), _DEPTH):
            return True
    return _zero_by_content(facts, e) if not e.terms.get(()) else _zero_by_factors(facts, e)


def _shorter_in_quotients(facts: Facts, e: Expr) -> Expr | None:
    """Return the normal form of e, if quotients and remainders in it cancel."""
    exact = multiplied_out(e, facts.divides)
    if exact is not e:
        return exact
    normal = in_quotients(e, facts.is_positive)
    return normal if len(normal.terms) < len(e.terms) else None


def _divided(e: Expr) -> tuple[Expr, Expr] | None:
    """Split e = common * rest, where common is a product of atoms."""
    _, atoms = content(e)
    if not atoms or len(e.terms) == 1:
        return None
    common = polynomial({atoms: 1})
    return common, floordiv_integers(e, common)


def _zero_by_content(facts: Facts, e: Expr) -> bool | None:
    if len(e.terms) == 1:
        # A product is zero when a factor is; each factor is asked by its range.
        ((monomial, _),) = e.terms.items()
        found = [facts.integer_range(atom) for atom in monomial]
        if all(_nonzero(facts, atom) for atom in monomial):
            return False
        return True if any(r == Range(0, 0) for r in found) else None
    split = _divided(e)
    if split is None:
        return None
    common, rest = split
    zero = _is_zero(facts, rest)
    if zero:
        return True
    return zero if zero is None or _is_zero(facts, common) is False else None


def _zero_by_factors(facts: Facts, e: Expr) -> bool | None:
    """Whether a product of integers is a number c, not 0: then each factor is between 1 and c, or between -c and -1."""
    constant = e.terms[()]
    product = plus(e, integer(-constant))
    _, atoms = content(product)
    if not atoms:
        return None
    rest = floordiv_integers(product, polynomial({atoms: 1}))
    within = Range(-abs(constant), abs(constant))
    found = [facts.integer_range(factor) & within for factor in (*atoms, rest)]
    return False if any(each.is_empty or each == Range(0, 0) for each in found) else None


def _nonzero(facts: Facts, atom: Expr) -> bool:
    return 0 not in facts.integer_range(atom) or facts.holds(ne(atom, 0)) is True


def _sign_by_content(facts: Facts, e: Expr) -> bool | None:
    split = _divided(e)
    if split is None:
        return None
    common, rest = split
    sign = facts.integer_range(common)
    if sign.lo >= 0:
        below = _at_most_zero(facts, rest)
        if below or (below is False and sign.lo > 0):
            return below
    return None


def _follows(facts: Facts, e: Expr, depth: int) -> bool:
    """Say whether e <= 0 follows, eliminating at most `depth` monomials."""
    if facts.integer_range(e).hi <= 0:
        return True
    if depth == 0:
        return False
    for form, known in itertools.islice(_relations(facts, e), _BREADTH):
        for monomial, d in form.terms.items():
            c = e.terms.get(monomial, 0)
            if not monomial or not c:
                continue
            bound = known.hi if (c > 0) == (d > 0) else known.lo
            if math.isinf(bound):
                continue
            # s*e - t*form + t*bound, with s > 0 and s*c == t*d.
            common = math.gcd(c, d)
            s, t = abs(d) // common, c // common * (1 if d > 0 else -1)
            smaller = plus(plus(times(integer(s), e), times(integer(-t), form)), integer(t * int(bound)))
            if len(smaller.terms) <= len(e.terms) + 1 and _follows(facts, smaller, depth - 1):
                return True
    return False


def _has_relations(facts: Facts, e: Expr) -> bool:
    """Say whether there is anything to eliminate with. Most questions of a trace have nothing."""
    return len(e.terms) > 1 and next(_relations(facts, e), None) is not None


def _relations(facts: Facts, e: Expr) -> Iterator[tuple[Expr, Range]]:
    """Yield forms with a known range that share a monomial with e."""
    monomials = [m for m in e.terms if m]
    for monomial in monomials:
        if len(monomial) == 1:
            yield from meaning(facts, monomial[0])
    for form in dict.fromkeys(form for monomial in monomials for form in facts.linked.get(monomial, ())):
        yield form, facts.bounds[form]
    for monomial in monomials:
        yield from _product_relations(facts, monomial)


def meaning(facts: Facts, atom: Expr) -> Iterator[tuple[Expr, Range]]:
    """Yield what holds of an atom because of what it computes."""
    if atom.kind == "floordiv":
        x, k = atom.args
        rest = facts.integer_range(mod_integers(x, k))
        yield minus(times(k, atom), x), Range(-rest.hi, -rest.lo)
    elif atom.kind == "mod":
        x, k = atom.args
        quotient = floordiv_integers(x, k)
        yield minus(plus(atom, times(k, quotient)), x), Range(0, 0)
    elif atom.kind in ("min", "max", "abs"):
        for x in atom.args:
            difference = minus(atom, x)
            yield difference, Range(-math.inf, 0) if atom.kind == "min" else ranges.NON_NEGATIVE
        if atom.kind == "abs":
            yield plus(atom, atom.args[0]), ranges.NON_NEGATIVE


def _product_relations(facts: Facts, monomial: tuple[Expr, ...]) -> Iterator[tuple[Expr, Range]]:
    """Yield x*y >= lo*y for factors x >= lo > 0 and y >= 0 of a product."""
    if len(monomial) < 2:
        return
    for index, atom in enumerate(monomial):
        lo = facts.integer_range(atom).lo
        rest = polynomial({monomial[:index] + monomial[index + 1 :]: 1})
        if 0 < lo < math.inf and facts.integer_range(rest).lo >= 0:
            yield plus(polynomial({monomial: 1}), times(integer(-int(lo)), rest)), ranges.NON_NEGATIVE


def _compare_floats(facts: Facts, a: Expr, b: Expr, strict: bool) -> bool | None:
    x, y = facts.range_of(a), facts.range_of(b)
    if x is None or y is None:
        return None
    if x.hi < y.lo or (not strict and x.hi <= y.lo):
        return True
    if x.lo > y.hi or (strict and x.lo >= y.hi):
        return False
    return None


def _equal_floats(facts: Facts, a: Expr, b: Expr) -> bool | None:
    x, y = facts.range_of(a), facts.range_of(b)
    if x is None or y is None:
        return None
    if (x & y).is_empty:
        return False
    return True if a is b or (x.is_point and y.is_point and x == y and x.is_finite) else None


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _all(facts: Facts, *parts: Bool) -> bool | None:
    answers = [decide(facts, part) for part in parts]
    if False in answers:
        return False
    return None if None in answers else True


def _any(facts: Facts, *parts: Bool) -> bool | None:
    answers = [decide(facts, part) for part in parts]
    if True in answers:
        return True
    return None if None in answers else False


_RULES: dict[str, Callable[..., bool | None]] = {
    "le": _at_most_zero,
    "eq": _is_zero,
    "ne": lambda facts, e: _negated(_is_zero(facts, e)),
    "and": _all,
    "or": _any,
    "not": lambda facts, part: _negated(decide(facts, part)),
    "float_eq": _equal_floats,
    "float_lt": lambda facts, a, b: _compare_floats(facts, a, b, strict=True),
    "float_le": lambda facts, a, b: _compare_floats(facts, a, b, strict=False),
}


def _by_cases(facts: Facts, question: Bool) -> bool | None:
    if not facts.few_values:
        return None
    choices: list[tuple[int, ...] | range] = []
    size = 1
    symbols = tuple(question.symbols)
    for atom in symbols:
        found = facts.integer_range(atom)
        listed = facts.values.get(atom)
        if listed is not None:
            choices.append(tuple(v for v in listed if v in found))
        elif found.hi - found.lo < WIDEST:
            choices.append(range(int(found.lo), int(found.hi) + 1))
        else:
            return None
        size *= len(choices[-1])
    if not 0 < size <= _LARGEST_ENUMERATION:
        return None
    answers: set[bool] = set()
    for chosen in itertools.product(*choices):
        try:
            answers.add(evaluate(question, dict(zip(symbols, chosen, strict=True))))
        except ArithmeticError:
            continue  # the program has no result here either
        if len(answers) == 2:
            return None
    return answers.pop() if answers else None


def _by_divisors(facts: Facts, question: Bool) -> bool | None:
    """Ask with 4*(s0//4) for an s0 that 4 divides: in products, and rounded up, it is easier to see."""
    known = {s: facts.divisors.get(s, 1) for s in question.symbols}
    multiples = {s: times(integer(k), floordiv_integers(s, integer(k))) for s, k in known.items() if k > 1}
    if not multiples:
        return None
    try:
        asked = substitute(question, multiples)
    except ZeroDivisionError:
        return None
    return None if asked is question else decide(facts, asked)


def _by_extremes(facts: Facts, question: Bool) -> bool | None:
    """Ask what the question is for each number that a minimum or maximum in it may be."""
    found = _extremes(question)
    if not 0 < len(found) <= _MOST_EXTREMES:
        return None
    atom = next(
        each for each in found if not any(contains(each, other) for other in found if other is not each)
    )
    answers: set[bool | None] = set()
    for one, other in (atom.args, atom.args[::-1]):
        case, ordered = facts.copy(), facts.rewrite(le(one, other))
        if decide(case, ordered) is False:
            continue  # then it never is that one
        try:
            case.learn(ordered)
            chosen = one if atom.kind == "min" else other
            answers.add(decide(case, case.rewrite(substitute(question, {atom: chosen}))))
        except Contradiction:
            continue
        except ZeroDivisionError:
            return None
        if None in answers or len(answers) == 2:
            return None
    return answers.pop() if answers else None


@lru_cache(maxsize=4096)
def _extremes(question: Bool) -> tuple[Expr, ...]:
    """Return the minima and maxima of two integers that occur in a question."""
    parts = (part for part in parts_of(question) if isinstance(part, Expr))
    return tuple(e for e in parts if e.kind in ("min", "max") and len(e.args) == 2 and not e.is_float)
