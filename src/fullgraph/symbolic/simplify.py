"""Expressions and questions as short as the facts allow.

`arithmetic` simplifies what holds for every value; here the facts are used as well: equalities that were
learnt, ranges with a single value, remainders of numbers known to be divisible, extremes of which one operand
always wins. Each rule gives an expression that is equal wherever the facts hold.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain

from fullgraph.symbolic.arithmetic import add, floordiv, max_, min_, mod, mul, neg, sub
from fullgraph.symbolic.boolean import Bool, and_, as_bool, eq, le, lt, not_, or_
from fullgraph.symbolic.decide import decide
from fullgraph.symbolic.division import exact_quotient
from fullgraph.symbolic.evaluation import substitute
from fullgraph.symbolic.expr import Expr, integer, polynomial
from fullgraph.symbolic.facts import Facts
from fullgraph.symbolic.quotients import in_quotients, multiplied_out

_SIMPLE = ("constant", "symbol")
_CHOICES = ("min", "max", "ite")
# Integers up to here are floats exactly.
_EXACT_FLOAT = 2**53


def simplify(facts: Facts, e: Expr) -> Expr:
    """Return an expression equal to `e` wherever the facts hold."""
    e = facts.rewrite(e)
    if e.is_const or e.is_float:
        return e
    if e.kind != "polynomial":
        return _simplify_atom(facts, e)
    found = facts.integer_range(e)
    if found.is_point:
        return integer(int(found.lo))
    shorter = {}
    for atom in dict.fromkeys(chain.from_iterable(e.terms)):
        new = _simplify_atom(facts, atom)
        if new is not atom:
            shorter[atom] = new
    return multiplied_out(substitute(e, shorter) if shorter else e, facts.divides)


def simplify_question(facts: Facts, question: Bool) -> Bool:
    """Return a question with the same answer wherever the facts hold, about as little as they allow."""
    question = facts.rewrite(question)
    answer = decide(facts, question)
    if answer is not None:
        return as_bool(answer)
    match question.kind:
        case "and":
            return and_(*(simplify_question(facts, part) for part in question.args))
        case "or":
            return or_(*(simplify_question(facts, part) for part in question.args))
        case "le":
            shorter = le(
                facts.without_factors(simplify(facts, question.args[0]), lambda found: found.lo > 0), 0
            )
            split = _split_at_extreme(shorter)
            if split is None:
                split = _sole_alternative(facts, shorter)
            if split is not None:
                return simplify_question(facts, split)
            at_least_zero = shorter.kind == "le" and facts.integer_range(shorter.args[0]).lo == 0
            return eq(shorter.args[0], 0) if at_least_zero else shorter
        case "eq":
            return _simplify_equality(facts, question.args[0])
        case "ne":
            equality = _simplify_equality(facts, question.args[0])
            if equality.kind == "eq" and _is_small_quotient(facts, equality.args[0]):
                return lt(0, equality.args[0])
            return not_(equality) if equality.kind == "eq" else simplify_question(facts, not_(equality))
        case _:
            return question


def _split_at_extreme(question: Bool) -> Bool | None:
    """Ask `max(a, b) <= c` as `a <= c and b <= c`, and `min(a, b) >= c` likewise."""
    if question.kind != "le":
        return None
    e = question.args[0]
    for monomial, c in e.terms.items():
        if len(monomial) == 1 and monomial[0].kind == ("max" if c > 0 else "min"):
            rest = sub(e, mul(c, monomial[0]))
            return and_(*(le(add(rest, mul(c, x)), 0) for x in monomial[0].args))
    return None


def _sole_alternative(facts: Facts, question: Bool) -> Bool | None:
    """Ask `max(a, b) >= c` as `b >= c` where a is less than c, and `min(a, b) <= c` likewise."""
    if question.kind != "le":
        return None
    e = question.args[0]
    for monomial, c in e.terms.items():
        if len(monomial) == 1 and monomial[0].kind == ("min" if c > 0 else "max"):
            rest = sub(e, mul(c, monomial[0]))
            possible = [le(add(rest, mul(c, x)), 0) for x in monomial[0].args]
            possible = [part for part in possible if decide(facts, part) is not False]
            if len(possible) == 1:
                return possible[0]
    return None


def _is_small_quotient(facts: Facts, e: Expr) -> bool:
    """Whether `e != 0` means `e >= 1` of a quotient: `n // 8 != 0` is `n >= 8`."""
    return e.kind == "floordiv" and e.args[1].is_const and facts.integer_range(e).lo == 0


def _simplify_equality(facts: Facts, e: Expr) -> Bool:
    """Ask `s0*(s1 - 4) == 0` as `s1 == 4` where s0 isn't 0, and `max(a, b) == a` as `b <= a`."""
    e = facts.without_factors(simplify(facts, e), lambda found: 0 not in found)
    for monomial, c in e.terms.items():
        if len(monomial) == 1 and monomial[0].kind in ("max", "min") and len(monomial[0].args) == 2:
            a, b = monomial[0].args
            rest = sub(e, mul(c, monomial[0]))
            for x, other in ((a, b), (b, a)):
                if add(rest, mul(c, x)) is integer(0):
                    return simplify_question(
                        facts, le(other, x) if monomial[0].kind == "max" else le(x, other)
                    )
    return eq(e, 0)


def _simplify_atom(facts: Facts, atom: Expr) -> Expr:
    if atom.kind == "symbol":
        found = facts.bounds.get(atom)
        return integer(int(found.lo)) if found is not None and found.is_point else atom
    found = facts.integer_range(atom)
    if found.is_point:
        return integer(int(found.lo))
    rule = _RULES.get(atom.kind)
    return rule(facts, atom) if rule is not None else atom


def _extreme(facts: Facts, atom: Expr) -> Expr:
    """Drop operands that another one always beats."""
    operands = [simplify(facts, each) if _has_choices(each) else each for each in atom.args]
    if any(new is not old for new, old in zip(operands, atom.args)):
        return simplify(facts, reduce(max_ if atom.kind == "max" else min_, operands))
    largest = atom.kind == "max"
    kept: list[Expr] = []
    for new in atom.args:
        if any(_is_at_most(facts, new, old) if largest else _is_at_most(facts, old, new) for old in kept):
            continue
        kept = [
            old
            for old in kept
            if not (_is_at_most(facts, old, new) if largest else _is_at_most(facts, new, old))
        ]
        kept.append(new)
    if len(kept) == len(atom.args):
        return atom
    result = kept[0]
    for operand in kept[1:]:
        result = max_(result, operand) if atom.kind == "max" else min_(result, operand)
    return result


def _has_choices(e: Expr) -> bool:
    return any(factor.kind in _CHOICES for monomial in e.terms for factor in monomial)


def _is_less(facts: Facts, a: Expr, b: Expr) -> bool:
    if facts.integer_range(a).hi < facts.integer_range(b).lo:
        return True
    if not facts.linked and a.kind in _SIMPLE and b.kind in _SIMPLE:
        return False  # the usual `s0 % 8`: nothing but ranges is known
    return decide(facts, lt(a, b)) is True


def _is_at_most(facts: Facts, a: Expr, b: Expr) -> bool:
    if facts.integer_range(a).hi <= facts.integer_range(b).lo:
        return True
    if not facts.linked and a.kind in _SIMPLE and b.kind in _SIMPLE:
        return False  # the usual `max(s0, 1)`: nothing but ranges is known
    return decide(facts, le(a, b)) is True


def _exact(facts: Facts, atom: Expr) -> Expr | None:
    """Return x / k for an atom x // k or x % k whose k, a sum of paddings, divides x in normal form."""
    x, k = atom.args
    if k.is_const:
        return None
    whole = _without_rounding(facts, x)
    if whole is not x:
        return exact_quotient(whole, k)
    divisor = in_quotients(k, facts.is_positive)
    return None if divisor is k else exact_quotient(in_quotients(x, facts.is_positive), divisor)


def _without_rounding(facts: Facts, e: Expr) -> Expr:
    """Write `256*((s0 + 127) // 128)` as `2*s0` where 128 is known to divide s0."""
    if not facts.divisors:
        return e
    for monomial, coefficient in e.terms.items():
        for atom in monomial:
            if atom.kind != "floordiv" or atom.is_float or not atom.args[1].is_const:
                continue
            x, k = atom.args[0], atom.args[1].value
            constant = x.terms.get((), 0)
            if coefficient % k == 0 and facts.divisor_of(sub(x, constant)) % k == 0:
                rest = list(monomial)
                rest.remove(atom)
                multiple = add(sub(x, constant), k * (constant // k))
                change = mul(polynomial({tuple(rest): coefficient // k}), sub(multiple, mul(k, atom)))
                return _without_rounding(facts, add(e, change))
    return e


def _quotient(facts: Facts, atom: Expr) -> Expr:
    x, k = (multiplied_out(part, facts.divides) for part in atom.args)
    if x is not atom.args[0] or k is not atom.args[1]:
        return simplify(facts, floordiv(x, k))
    exact = _exact(facts, atom)
    if exact is not None:
        return exact
    rest = facts.without_multiples(x, k.value) if k.is_const else x
    if rest is x or not rest.is_const or rest is integer(0):
        return atom
    return add(floordiv(sub(x, rest), k), rest.value // k.value)  # (n + 1) // 2 of an even n is n // 2


def _remainder(facts: Facts, atom: Expr) -> Expr:
    x, k = (multiplied_out(part, facts.divides) for part in atom.args)
    if x is not atom.args[0] or k is not atom.args[1]:
        return simplify(facts, mod(x, k))
    if _exact(facts, atom) is not None:
        return integer(0)
    if facts.integer_range(x).lo >= 0 and _is_less(facts, x, k):
        return x
    rest = facts.without_multiples(x, k.value) if k.is_const else x
    return atom if rest is x else mod(rest, k)


def _absolute(facts: Facts, atom: Expr) -> Expr:
    (x,) = atom.args
    found = facts.integer_range(x)
    if found.lo >= 0:
        return x
    return neg(x) if found.hi <= 0 else atom


def _chosen(facts: Facts, atom: Expr) -> Expr:
    test, yes, no = atom.args
    answer = decide(facts, test)
    return atom if answer is None else yes if answer else no


def _rounding(facts: Facts, atom: Expr) -> Expr:
    """Drop `float` and back of an integer that a float holds exactly; divide integers where that rounds the same way.

    A quotient a/k of integers, k > 0, that is no integer is 1/k or more away from the next one. Rounding it to a float
    moves it by at most |a/k| * 2**-53, which is less where |a| < 2**53: so it stays between the same two integers.
    """
    (x,) = atom.args
    if x.kind == "truediv" and _is_exact_quotient(facts, *x.args):
        a, k = x.args
        if atom.kind == "floor" or (atom.kind == "trunc" and facts.integer_range(a).lo >= 0):
            return simplify(facts, floordiv(a, k))
        if atom.kind == "ceil":
            return simplify(facts, neg(floordiv(neg(a), k)))
    if x.kind == "to_float":
        found = facts.integer_range(x.args[0])
        if found.lo >= -_EXACT_FLOAT and found.hi <= _EXACT_FLOAT:
            return x.args[0]
    return atom


def _is_exact_quotient(facts: Facts, a: Expr, k: Expr) -> bool:
    if a.is_float or k.is_float or not k.is_const or k.value <= 0:
        return False
    found = facts.integer_range(a)
    return found.lo > -_EXACT_FLOAT and found.hi < _EXACT_FLOAT


_RULES = {
    "min": _extreme,
    "max": _extreme,
    "mod": _remainder,
    "floordiv": _quotient,
    "abs": _absolute,
    "ite": _chosen,
    "floor": _rounding,
    "ceil": _rounding,
    "trunc": _rounding,
    "round": _rounding,
}
