"""Facts with a division in them, said without it where that is possible: `(n + 1) // 2 < n` is `n >= 2`.

For integers and a constant k > 0:

    a // k <= c   exactly if  a <= k*c + k - 1
    c <= a // k   exactly if  k*c <= a
    a // k == c   exactly if  k*c <= a and a <= k*c + k - 1    (when c is a constant)
    k*(a // k) == a + d  exactly if  a % k == -d               (as k*(a // k) is a - a % k)

An equation of one symbol may hang on a remainder alone: with `n = k*q + r` put in, it is true whatever `q` is, or
false. When that tells for each `r`, the fact says which remainders are allowed: `(n + 1) // 2 == n // 2` is
`n % 2 == 0`, and so is `n % 4 == 0 or n % 4 == 2`.

For sizes, `k*(a // k) <= a`, so `k*(a // k)*m*(b // m) == a*b` exactly if both divisions leave nothing, or a*b is 0.

Invariant: a fact and its readable form hold for the same values. (What `sufficient` returns may say more.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fullgraph.symbolic import (
    Bool,
    Expr,
    Range,
    add,
    and_,
    constants_in,
    eq,
    evaluate,
    integer,
    le,
    mod,
    mul,
    ne,
    neg,
    not_,
    or_,
    parts_of,
    prod,
    render,
    sub,
    substitute,
    symbol,
)

_MOST_CHOICES: Final = 16
_LARGEST_DIVISOR: Final = 64  # remainders are tried one by one


def readable(fact: Bool) -> Bool:
    """Return the fact in the form a person would write, as far as the identities above give it."""
    if fact.kind == "or":
        return _by_fewer_remainders(or_(*map(readable, fact.args)))
    if fact.kind == "and":
        return and_(*map(readable, fact.args))
    if fact.kind not in ("le", "eq"):
        return fact
    found = _sole_division(fact.args[0])
    if found is None:
        return _allowed_remainders(fact)
    division, factor = found
    numerator, divisor = division.args
    rest = sub(fact.args[0], mul(factor, division))
    if fact.kind == "eq":
        return _equality(fact, numerator, divisor, factor, rest)
    if factor == 1:  # a // k <= -rest
        return le(numerator, add(mul(divisor, neg(rest)), sub(divisor, 1)))
    if factor == -1:  # rest <= a // k
        return le(mul(divisor, rest), numerator)
    return fact


def sufficient(fact: Bool, sample: Mapping[Expr, int]) -> Bool:
    """Return something short to declare under which a fact always holds, and which the sample satisfies.

    `3*h*(t // 3) == t*h` holds for every t when h is 0, but what one means is `t % 3 == 0`; and two symbols may have to
    have a divisor each. `n == max(0, min(64, n + p) - p)` holds if the first of two is the lesser one: `n + p <= 64`.
    The fact itself is returned when there is nothing of the kind.
    """
    as_in_sample = _with_choices_of(sample, fact)
    if as_in_sample is not None:
        return as_in_sample
    if fact.kind != "eq" or len(fact.symbols) < 2:
        return fact
    divisible = [
        (one, divisor)
        for one in sorted(fact.symbols, key=render)
        for divisor in _divisors(fact)
        if one in sample and evaluate(eq(mod(one, divisor), 0), sample)
    ]
    for several in (1, 2, 3):
        for chosen in itertools.combinations(divisible, several):
            holds = substitute(fact, {one: mul(divisor, _quotient_of(one)) for one, divisor in chosen})
            if len({one for one, _ in chosen}) == several and holds.is_const and holds.value:
                return and_(*(eq(mod(one, divisor), 0) for one, divisor in chosen))
    return fact


def _with_choices_of(sample: Mapping[Expr, int], fact: Bool) -> Bool | None:
    """Return what decides each minimum, maximum and choice as in the sample, if the fact then always holds."""
    conditions: list[Bool] = []
    for _ in range(_MOST_CHOICES):
        choice = next((part for part in _choices_in(fact) if not any(map(_choices_in, part.args))), None)
        if choice is None:
            break
        try:
            condition, value = _choice_of(sample, choice)
            fact = substitute(fact, {choice: value})
        except (ArithmeticError, KeyError):
            return None
        conditions.append(condition)
    return and_(*conditions) if conditions and fact.is_const and fact.value else None


def _choices_in(what: Bool | Expr) -> list[Expr]:
    parts = (part for part in parts_of(what) if isinstance(part, Expr))
    return [part for part in parts if part.kind in ("min", "max", "ite") and not part.is_float]


def _choice_of(sample: Mapping[Expr, int], choice: Expr) -> tuple[Bool, Expr]:
    """Return what a minimum, maximum or choice is in the sample, and under which condition."""
    if choice.kind == "ite":
        test, yes, no = choice.args
        return (test, yes) if evaluate(test, sample) else (not_(test), no)
    is_least = choice.kind == "min"
    value = (min if is_least else max)(choice.args, key=lambda each: evaluate(each, sample))
    return and_(*(le(value, each) if is_least else le(each, value) for each in choice.args)), value


def multiples(fact: Bool, range_of: Callable[[Expr], Range]) -> Bool:
    """Say `8*b*(h // 8) == b*h` as `h % 8 == 0 or b == 0`; another fact is returned as it is.

    Args:
        fact: a fact on sizes.
        range_of: what is known of them, but for this fact.
    """
    if fact.kind != "eq" or len(fact.args[0].terms) != 2:
        return fact
    (one, c), (other, d) = fact.args[0].terms.items()
    divided, whole = (one, other) if any(atom.kind == "floordiv" for atom in one) else (other, one)
    left, divisors = list(whole), dict[Expr, int]()
    for atom in divided:
        number, divisor = atom.args if atom.kind == "floordiv" else (atom, integer(1))
        if number not in left or not divisor.is_const or number in divisors:
            return fact
        left.remove(number)
        if divisor.value != 1:
            divisors[number] = divisor.value
    largest, least = max(abs(c), abs(d)), min(abs(c), abs(d))
    if left or c * d > 0 or least != 1 or largest != math.prod(divisors.values()) or largest == 1:
        return fact
    if any(divisor < 0 or range_of(number).lo < 0 for number, divisor in divisors.items()):
        return fact
    may_be_zero = [atom for atom in dict.fromkeys(whole) if 0 in range_of(atom)]
    if len(divisors) == 1:  # of which 0 is a multiple
        may_be_zero = [atom for atom in may_be_zero if atom not in divisors]
    exact = and_(*(eq(mod(number, divisor), 0) for number, divisor in divisors.items()))
    return or_(exact, eq(prod(may_be_zero), 0)) if may_be_zero else exact


def _by_fewer_remainders(fact: Bool) -> Bool:
    """Say `n % 4 == 1 or n % 4 == 3` as `n % 2 == 1`, and all remainders but one as `n % 4 != 1`."""
    remainders: dict[tuple[Expr, int], dict[int, Bool]] = {}
    for part in fact.args if fact.kind == "or" else ():
        found = _remainder_of(part)
        if found is not None:
            remainders.setdefault(found[:2], {})[found[2]] = part
    for (x, k), allowed in remainders.items():
        shorter = _of_remainders(x, k, set(allowed))
        if shorter is not None:
            kept = [part for part in fact.args if part not in allowed.values()]
            return _by_fewer_remainders(or_(shorter, *kept))
    return fact


def _remainder_of(fact: Bool) -> tuple[Expr, int, int] | None:
    """Return x, k and r of `x % k == r`."""
    terms = dict(fact.args[0].terms) if fact.kind == "eq" else {}
    r = -terms.pop((), 0)
    atoms = [atom for monomial, c in terms.items() if c == 1 and len(monomial) == 1 for atom in monomial]
    if len(terms) != 1 or not atoms or atoms[0].kind != "mod":
        return None
    x, k = atoms[0].args
    return (x, k.value, r) if k.is_const and 0 < k.value <= _LARGEST_DIVISOR else None


def _of_remainders(x: Expr, k: int, allowed: set[int]) -> Bool | None:
    if len(allowed) == 1:
        return None
    for m in range(1, k):
        first = min(allowed)
        if k % m == 0 and allowed == set(range(first % m, k, m)):
            return eq(mod(x, m), first % m)
    missing = set(range(k)) - allowed
    return ne(mod(x, k), missing.pop()) if len(missing) == 1 and k > 2 else None


def _allowed_remainders(fact: Bool) -> Bool:
    """Say an equation of one symbol by its remainders, when these decide it."""
    if fact.kind != "eq" or len(fact.symbols) != 1:
        return fact
    (one,) = fact.symbols
    for divisor in _divisors(fact):
        cases = [_with_remainder(fact, one, divisor, remainder) for remainder in range(divisor)]
        if all(case.is_const for case in cases):
            allowed = [remainder for remainder, case in enumerate(cases) if case.value]
            return or_(*(eq(mod(one, divisor), r) for r in allowed)) if len(allowed) <= 2 else fact
    return fact


def _divisors(fact: Bool) -> Iterator[int]:
    numbers = (number for number in constants_in(fact) if isinstance(number, int))
    return iter(sorted(number for number in numbers if 1 < number <= _LARGEST_DIVISOR))


def _with_remainder(fact: Bool, one: Expr, divisor: int, remainder: int) -> Bool:
    return substitute(fact, {one: add(mul(divisor, _quotient_of(one)), remainder)})


def _quotient_of(one: Expr) -> Expr:
    return symbol(f"quotient of {render(one)}")


def _equality(fact: Bool, numerator: Expr, divisor: Expr, factor: int, rest: Expr) -> Bool:
    """`factor * (numerator // divisor) + rest == 0`."""
    if rest.is_const and rest.value % factor == 0:
        quotient = mul(integer(-rest.value // factor), divisor)
        return and_(le(quotient, numerator), le(numerator, add(quotient, sub(divisor, 1))))
    if abs(factor) != divisor.value:
        return fact
    left = sub(numerator, neg(rest) if factor > 0 else rest)  # what the remainder must be
    if not left.is_const:
        return fact
    shift = numerator.terms.get((), 0)
    return (
        eq(mod(sub(numerator, shift), divisor), (left.value - shift) % divisor.value)
        if (0 <= left.value < divisor.value)
        else fact
    )


def _sole_division(e: Expr) -> tuple[Expr, int] | None:
    """Return the one division by a positive constant in a sum, with its factor; None if there is none or more."""
    found = [
        (monomial[0], coefficient)
        for monomial, coefficient in e.terms.items()
        if any(atom.kind == "floordiv" for atom in monomial) and len(monomial) == 1
    ]
    if len(found) != 1 or e.is_float:
        return None
    division, factor = found[0]
    divisor = division.args[1]
    return (division, factor) if divisor.is_const and divisor.value > 0 else None
