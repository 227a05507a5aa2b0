"""Facts with a division in them, said without it where that is possible: `(n + 1) // 2 < n` is `n >= 2`.

For integers and a constant k > 0:

    a // k <= c   exactly if  a <= k*c + k - 1
    c <= a // k   exactly if  k*c <= a
    a // k == c   exactly if  k*c <= a and a <= k*c + k - 1    (when c is a constant)
    k*(a // k) == a + d  exactly if  a % k == -d               (as k*(a // k) is a - a % k)

Invariant: a fact and its readable form hold for the same values.
"""

from __future__ import annotations

from fullgraph.symbolic import Bool, Expr, add, and_, eq, integer, le, mod, mul, neg, or_, sub


def readable(fact: Bool) -> Bool:
    """Return the fact in the form a person would write, as far as the identities above give it."""
    if fact.kind == "or":
        return or_(*map(readable, fact.args))
    if fact.kind == "and":
        return and_(*map(readable, fact.args))
    if fact.kind not in ("le", "eq"):
        return fact
    found = _sole_division(fact.args[0])
    if found is None:
        return fact
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
