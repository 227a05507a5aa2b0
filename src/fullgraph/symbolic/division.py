"""Floor division and modulo of integers, and exact division of polynomials.

With a divisor k > 0 that is a constant, and a = k*q + r where r collects the terms that k does not divide:

    a // k = q + r // k                  (2*s0 + 1) // 2          = s0
    (g*x + c) // (g*k) = (x + c//g)//k   (4*s0 + 2) // 8          = s0 // 2
    (x // j + c) // k = (x + c*j)//(j*k) (s0 // 2) // 3           = s0 // 6
    (g*x + c) % (g*k) = g*((x + c//g) % k) + c % g                (4*s0 + 2) % 8 = 4*(s0 % 2) + 2
    (m*(x % j) + y) % k = (m*x + y) % k  when k divides m*j       (s0 % 8) % 4   = s0 % 4
    (m*(x % j) + y) // k = (m*x + y) // k - m*j//k*(x // j)  then (s0 + -s0 % 8) // 8 = (s0 + 7) // 8
    -x // k = -((x + k - 1) // k)                                 -(-s0 // 8)    = (s0 + 7) // 8

The last two are rounding up, which padding to a multiple is made of. The first of them is x % j = x - j*(x // j), and
is used where the terms then cancel; the second is floor(-r) = -ceil(r), and x/k is a multiple of 1/k, so that its
ceiling is the floor of x/k + (k - 1)/k; it is used where all terms of a dividend are negative.

A symbolic divisor b is cancelled where the division is exact, and common factors are cancelled from both
sides: (g*x) // (g*y) = x // y for every g != 0, of either sign, because both quotients are the same rational
number.
"""

from __future__ import annotations

import operator
from collections import Counter
from functools import lru_cache, reduce
from math import gcd

from fullgraph.symbolic.expr import (
    Expr,
    Monomial,
    apply,
    integer,
    leading,
    minus,
    multiply_monomials,
    plus,
    polynomial,
    times,
)
from fullgraph.symbolic.interning import fingerprint_of

# Long division gives up after so many steps; sizes divide exactly in a few or not at all.
_LONGEST_DIVISION = 64


@lru_cache(maxsize=4096)
def floordiv_integers(a: Expr, b: Expr) -> Expr:
    """Return `a // b`."""
    if b.is_const:
        return _floordiv_constant(a, b.value)
    if a.is_const and a.value == 0:
        return a
    whole = exact_quotient(a, b)
    if whole is not None:
        return whole
    whole, rest = split(a, b)
    if whole is not None:
        return plus(whole, floordiv_integers(rest, b))
    common, x, y = _cancel(a, b)
    if common is not None:
        return floordiv_integers(x, y)
    rounded = _without_cancelling_mod(a, b)
    return rounded if rounded is not None else apply("floordiv", (a, b), is_float=False)


@lru_cache(maxsize=4096)
def mod_integers(a: Expr, b: Expr) -> Expr:
    """Return `a % b`."""
    if b.is_const:
        return _mod_constant(a, b.value)
    if exact_quotient(a, b) is not None:
        return integer(0)
    a = _without_inner_mod(a, b)
    whole, rest = split(a, b)
    if whole is not None:
        return mod_integers(rest, b)
    common, x, y = _cancel(a, b)
    if common is not None:
        return times(common, mod_integers(x, y))
    return apply("mod", (a, b), is_float=False)


def _floordiv_constant(a: Expr, k: int) -> Expr:
    if k == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    if k < 0:
        return _floordiv_constant(times(integer(-1), a), -k)
    if k == 1:
        return a
    if a.is_const:
        return integer(a.value // k)
    if a.kind == "symbol":
        return apply("floordiv", (a, integer(k)), is_float=False)
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in a.terms.items():
        if monomial and coefficient % k:
            rest[monomial] = coefficient
        elif coefficient // k:
            whole[monomial] = coefficient // k
    if not rest:
        return polynomial(whole)
    constant = a.terms.get((), 0) % k
    rounded = _without_cancelling_mod(a, integer(k))
    if rounded is not None:
        return rounded
    common = gcd(k, *rest.values())
    if common > 1:
        k //= common
        rest = {m: c // common for m, c in rest.items()}
        constant //= common
    inner = _sole_rounding(rest)
    if inner is not None and inner.kind == "floordiv":
        x, j = inner.args
        small = floordiv_integers(plus(x, integer(constant * j.value)), integer(j.value * k))
    elif inner is not None and inner.args[1].value + constant <= k:
        small = integer(0)
    elif max(rest.values()) < 0:
        upwards = polynomial(_with_constant({m: -c for m, c in rest.items()}, k - 1 - constant))
        small = times(integer(-1), _floordiv_constant(upwards, k))
    else:
        small = apply("floordiv", (polynomial(_with_constant(rest, constant)), integer(k)), is_float=False)
    return plus(polynomial(whole), small)


def _mod_constant(a: Expr, k: int) -> Expr:
    if k == 0:
        raise ZeroDivisionError("integer modulo by zero")
    if k < 0:
        return times(integer(-1), _mod_constant(times(integer(-1), a), -k))
    if a.is_const:
        return integer(a.value % k)
    if a.kind == "symbol" and k > 1:
        return apply("mod", (a, integer(k)), is_float=False)
    a = _without_inner_mod(a, integer(k))
    rest = {m: _remainder(c, k) for m, c in a.terms.items() if c % k and m}
    constant = a.terms.get((), 0) % k
    if not rest:
        return integer(constant)
    common = gcd(k, *rest.values())
    if common > 1:
        reduced = polynomial(_with_constant({m: c // common for m, c in rest.items()}, constant // common))
        return plus(
            times(integer(common), mod_integers(reduced, integer(k // common))), integer(constant % common)
        )
    whole = polynomial(_with_constant(rest, constant))
    inner = _sole_rounding(rest)
    if inner is not None and inner.kind == "mod" and inner.args[1].value + constant <= k:
        return whole
    return apply("mod", (whole, integer(k)), is_float=False)


def _remainder(c: int, k: int) -> int:
    # -1 stays -1, so that the usual padding `-n % 8` is not shown as `7*n % 8`.
    return -1 if k > 2 and c % k == k - 1 else c % k


def _with_constant(terms: dict[Monomial, int], constant: int) -> dict[Monomial, int]:
    return {**terms, (): constant} if constant else terms


def _sole_rounding(terms: dict[Monomial, int]) -> Expr | None:
    """Return the atom `x // j` or `x % j` with a constant j > 0 if the terms are just that."""
    if len(terms) != 1:
        return None
    ((monomial, coefficient),) = terms.items()
    atom = monomial[0]
    is_sole = (
        coefficient == 1 and len(monomial) == 1 and atom.kind in ("floordiv", "mod") and not atom.is_float
    )
    return atom if is_sole and atom.args[1].is_const else None


def _without_inner_mod(a: Expr, b: Expr) -> Expr:
    for monomial, coefficient in a.terms.items():
        if len(monomial) == 1 and monomial[0].kind == "mod" and not monomial[0].is_float:
            x, j = monomial[0].args
            if exact_quotient(times(integer(coefficient), j), b) is not None:
                change = times(integer(coefficient), minus(x, monomial[0]))
                return _without_inner_mod(plus(a, change), b)
    return a


def _without_cancelling_mod(a: Expr, b: Expr) -> Expr | None:
    """Return a // b where a is c*(x % j) + y, b divides c*j, and terms of c*x and y cancel; None where they do not."""
    for monomial, coefficient in a.terms.items():
        if len(monomial) == 1 and monomial[0].kind == "mod" and not monomial[0].is_float:
            x, j = monomial[0].args
            multiples = exact_quotient(times(integer(coefficient), j), b)
            if multiples is not None:
                rest = plus(a, times(integer(coefficient), minus(x, monomial[0])))
                if len(rest.terms) < len(a.terms):
                    return minus(floordiv_integers(rest, b), times(multiples, floordiv_integers(x, j)))
    return None


def split(a: Expr, b: Expr) -> tuple[Expr | None, Expr]:
    """Split a = b*whole + rest, when b is a single term that divides some of a's terms; else whole is None."""
    if len(b.terms) != 1:
        return None, a
    ((divisor, k),) = b.terms.items()
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in a.terms.items():
        quotient = _divide_monomial(monomial, divisor)
        if quotient is not None and coefficient % k == 0:
            whole[quotient] = coefficient // k
        else:
            rest[monomial] = coefficient
    return (polynomial(whole), polynomial(rest)) if whole else (None, a)


def _cancel(a: Expr, b: Expr) -> tuple[Expr | None, Expr, Expr]:
    """Divide a and b by their common number and atoms, if there are any."""
    number_a, atoms_a = content(a)
    number_b, atoms_b = content(b)
    number = gcd(number_a, number_b)
    atoms = tuple((Counter(atoms_a) & Counter(atoms_b)).elements())
    if number <= 1 and not atoms:
        return None, a, b
    atoms = tuple(sorted(atoms, key=fingerprint_of))
    x = {_divide_monomial(m, atoms) or (): c // number for m, c in a.terms.items()}
    y = {_divide_monomial(m, atoms) or (): c // number for m, c in b.terms.items()}
    return polynomial({atoms: number}), polynomial(x), polynomial(y)


def content(a: Expr) -> tuple[int, Monomial]:
    """Return the number and the atoms that divide every term of `a`."""
    number = gcd(*a.terms.values())
    if not a.terms or not set.intersection(*map(set, a.terms)):  # zero has no terms
        return number, ()
    shared = reduce(operator.and_, map(Counter, a.terms))
    return number, tuple(sorted(shared.elements(), key=fingerprint_of))


def exact_quotient(a: Expr, b: Expr) -> Expr | None:
    """Return q with a == b*q for all values, or None if there is no such polynomial.

    Ordinary long division by the leading term.
    """
    if a is b:
        return integer(1)
    if b.is_const:
        k = b.value
        if k == 0 or any(c % k for c in a.terms.values()):
            return None
        return polynomial({m: c // k for m, c in a.terms.items()})
    if a.terms and not set[Expr]().union(*b.terms) <= set[Expr]().union(*a.terms):
        return None  # each atom is at least as often in a product as in its factor
    lead = leading(b.terms)
    rest, quotient = dict(a.terms), dict[Monomial, int]()
    for _ in range(_LONGEST_DIVISION):
        if not rest:
            return polynomial(quotient)
        top = leading(rest)
        monomial = _divide_monomial(top, lead)
        if monomial is None or rest[top] % b.terms[lead]:
            return None
        coefficient = quotient[monomial] = rest[top] // b.terms[lead]
        for m, c in b.terms.items():
            product = multiply_monomials(m, monomial)
            left = rest.get(product, 0) - coefficient * c
            if left:
                rest[product] = left
            else:
                del rest[product]
    return None


def _divide_monomial(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """Return the atoms left when `divisor` is taken out of `monomial`, or None if it isn't in it."""
    if not divisor:
        return monomial
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)
