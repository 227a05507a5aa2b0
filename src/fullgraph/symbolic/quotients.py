"""A normal form of what is made of quotients and remainders, to find that two ways to round up or down agree.

Programs pad to a multiple in many ways: `n + -n % 8`, `(n + 7) // 8 * 8`, `n + (8 - n % 8) % 8`. As expressions these
are different objects, each as its program wrote it. In the normal form remainders are quotients, and each quotient is
the smallest of its equal forms, so that what remains of the difference of two such sizes is 0.

Why the forms are equal, for integers x, y and k > 0:

    x % k = x - k*(x // k)                     by definition
    (k*y + x) // k = y + x // k                so each coefficient of a dividend may be taken modulo k
    x // k = -((k - 1 - x) // k)               floor(r) = -ceil(-r), and ceil(z/k) = floor((z + k - 1)/k)

Not complete: `n // 3 + (n + 1) // 3 + (n + 2) // 3 == n` is true, and not found.
"""

from __future__ import annotations

from collections.abc import Callable

from fullgraph.symbolic.division import exact_quotient, floordiv_integers, split
from fullgraph.symbolic.evaluation import substitute
from fullgraph.symbolic.expr import Expr, Terms, integer, leading, minus, order_of, plus, polynomial, times

_KINDS = ("mod", "floordiv")


def exactly_divided(a: Expr, b: Expr) -> Expr | None:
    """Return the q with a == b*q that is found when both are in normal form, if there is one."""

    def is_positive(divisor: Expr) -> bool:
        return divisor.is_const and divisor.value > 0

    return exact_quotient(in_quotients(a, is_positive), in_quotients(b, is_positive))


def in_quotients(e: Expr, is_positive: Callable[[Expr], bool]) -> Expr:
    """Return the normal form of an integer expression.

    Args:
        e: an integer expression.
        is_positive: whether a divisor is known to be greater than 0; with others nothing is done.
    """
    normal: dict[Expr, Expr] = {}
    for atom in dict.fromkeys(atom for monomial in e.terms for atom in monomial):
        if atom.kind in _KINDS and is_positive(atom.args[1]):
            x, k = in_quotients(atom.args[0], is_positive), atom.args[1]
            quotient = _smallest(x, k)
            new = quotient if atom.kind == "floordiv" else minus(x, times(k, quotient))
            if new is not atom:
                normal[atom] = new
    return substitute(e, normal) if normal else e


def multiplied_out(e: Expr, divides: Callable[[int, Expr], bool]) -> Expr:
    """Return an integer expression with `k*(x // k)` as x, for each number k that is known to divide x."""
    for monomial, coefficient in e.terms.items():
        for place, atom in enumerate(monomial):
            if atom.kind != "floordiv" or not atom.args[1].is_const:
                continue
            x, k = atom.args[0], atom.args[1].value
            if coefficient % k == 0 and divides(k, x):
                rest = polynomial({monomial[:place] + monomial[place + 1 :]: coefficient // k})
                others = polynomial({m: c for m, c in e.terms.items() if m != monomial})
                return multiplied_out(plus(others, times(rest, x)), divides)
    return e


def _smallest(x: Expr, k: Expr) -> Expr:
    """Return x // k in the one of its two forms that comes first."""
    downwards, upwards = _reduced(x, k), _reduced(minus(minus(k, integer(1)), x), k)
    if _key(downwards[1], k) <= _key(upwards[1], k):
        whole, rest = downwards
        return plus(whole, floordiv_integers(rest, k))
    whole, rest = upwards
    return times(integer(-1), plus(whole, floordiv_integers(rest, k)))


def _reduced(x: Expr, k: Expr) -> tuple[Expr, Expr]:
    """Return (y, rest) with x = k*y + rest, where a number k leaves no coefficient of the rest beyond it."""
    if not k.is_const:
        multiples, rest = split(x, k)
        return (integer(0) if multiples is None else multiples), rest
    number: int = k.value
    whole = {m: c // number for m, c in x.terms.items() if c // number}
    return polynomial(whole), polynomial({m: c % number for m, c in x.terms.items() if c % number})


def _key(x: Expr, k: Expr) -> tuple[list[int], int]:
    terms: Terms = x.terms
    others = sorted((m for m in terms if m), key=order_of)
    if not k.is_const:
        # Of the two forms, whose terms have opposite signs, the one that leads with a positive one.
        return [0 if not others or terms[leading({m: terms[m] for m in others})] > 0 else 1], 0
    return [terms[m] for m in others], terms.get((), 0)
