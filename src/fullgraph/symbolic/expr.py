"""Expressions: integers (and floats derived from them) that stand for sizes, one object for one value.

The idea. Two expressions that are the same polynomial over the same atoms are the *same object*, so `is`,
`==` and `hash` cost nothing and the question "are these two sizes equal" is nearly always answered by looking
at two addresses. To find the object without first bringing both sides into a normal form, every expression
carries a *fingerprint*: its value in the field of integers modulo a prime of 191 bits, when each atom (a
symbol, a floor division, a maximum ...) stands for a fixed pseudo-random number. A sum's fingerprint is the
sum of the fingerprints, a product's the product: `a + b` is one addition modulo the prime and one look-up,
however long `a` and `b` are. The terms of a polynomial are worked out only when somebody reads them, so a sum
of n symbols costs n steps.

Two different polynomials of degree d share a fingerprint with probability d / 2**191 (Schwartz, Zippel); that
is far below the rate at which memory flips bits, and is treated as never.

Invariants:
* `==` is identity. It never decides anything and never asks.
* An expression whose value is a constant is the constant: `s0 - s0` is `integer(0)`.
* Fingerprints depend on structure alone, never on history: the same in each thread, process and run.

The bounded `lru_cache`s of the constructors keep the latest few thousand expressions; others live as long as
somebody uses them (`interning`).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache
from math import gcd
from typing import Any, TypeAlias

from fullgraph.symbolic.interning import PRIME, Interned, digest, intern, interned

# Fingerprints this near to zero are the constants themselves.
_CONSTANT_WINDOW = 2**64
# Products that would have more terms than this stay products.
_EXPANSION_LIMIT = 256

_serials = itertools.count()


Monomial = tuple["Expr", ...]  # atoms in order of fingerprint, repeated for powers; () is the constant term
Terms = Mapping[Monomial, int]


class Expr(Interned):
    """An integer or a float computed from symbols.

    Attributes:
        kind: `"constant"`, `"symbol"`, `"polynomial"`, or the operation of an atom: `"floordiv"`, `"max"` ...
        args: a constant's value, a symbol's name, an atom's operands. Read a polynomial through `terms`.
        is_float: whether Python's result is a float.
        is_const: whether it is a constant; then `value` is the Python number.
    """

    __slots__ = ("_terms", "is_const", "is_float", "serial", "value", "width")

    is_float: bool
    is_const: bool
    value: Any
    width: int
    serial: int
    _terms: Terms | None

    def __init__(
        self, kind: str, args: tuple[Any, ...], fingerprint: int, is_float: bool, width: int = 1
    ) -> None:
        self.kind = kind
        self.args = args
        self.fingerprint = fingerprint
        self.is_float = is_float
        self.width = width  # at most so many terms
        self.is_const = False
        self.value = None
        self.serial = next(_serials)
        self._terms = None
        self._symbols = None

    @property
    def terms(self) -> Terms:
        """The polynomial: coefficient of each monomial. Of a float, or another atom, itself once."""
        if self.kind != "polynomial":
            if self.is_const and not self.is_float:
                return {(): self.value} if self.value else {}
            return {(self,): 1}
        found = self._terms
        if found is None:
            found = self._terms = _expand(self)
        return found

    @property
    def name(self) -> str:
        """A symbol's name."""
        if self.kind != "symbol":
            raise TypeError(f"{self!r} is not a symbol")
        return self.args[0]

    def __repr__(self) -> str:
        if self.kind == "polynomial":
            return " + ".join(f"{c}*{'*'.join(map(repr, m))}" if m else str(c) for m, c in self.terms.items())
        if self.kind in ("constant", "symbol"):
            return str(self.args[0])
        return f"{self.kind}({', '.join(map(repr, self.args))})"


Number: TypeAlias = int | float
Operand: TypeAlias = Expr | int | float


@lru_cache(maxsize=4096)
def integer(value: int) -> Expr:
    """Return the constant `value`."""
    value = int(value)
    in_window = -_CONSTANT_WINDOW < value < _CONSTANT_WINDOW
    # A constant outside the window must not be found as some polynomial congruent to it.
    fingerprint = value % PRIME if in_window else digest("integer", (value,))
    return _constant(value, fingerprint, is_float=False)


def floating(value: float) -> Expr:
    """Return the float constant `value`; 0.0 and -0.0 differ, and every nan is the same."""
    return _constant(value, digest("float", (value.hex(),)), is_float=True)


def _constant(value: Number, fingerprint: int, is_float: bool) -> Expr:
    found = interned(fingerprint)
    if found is not None:
        return found
    new = Expr("constant", (value,), fingerprint, is_float)
    new.is_const = True
    new.value = value
    return intern(new)


@lru_cache(maxsize=4096)
def symbol(name: str) -> Expr:
    """Return the symbol with this name."""
    return apply("symbol", (name,), is_float=False)


def expression(value: Operand) -> Expr:
    """Return `value` as an expression."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, int):
        return integer(int(value))
    if isinstance(value, float):
        return floating(float(value))
    raise TypeError(f"a size is computed from integers and floats, not from {type(value).__name__}")


def apply(kind: str, args: tuple[Any, ...], is_float: bool) -> Expr:
    """Return the atom `kind(*args)`. The caller has already simplified: no rule is tried here."""
    fingerprint = digest(kind, args)
    found = interned(fingerprint)
    return found if found is not None else intern(Expr(kind, args, fingerprint, is_float))


@lru_cache(maxsize=8192)
def plus(a: Expr, b: Expr) -> Expr:
    """Return `a + b` for integers."""
    fingerprint = (a.fingerprint + b.fingerprint) % PRIME
    found: Expr | None = interned(fingerprint)
    if found is not None:
        return found
    if a.is_const and b.is_const:
        return integer(a.value + b.value)
    return _lazy(fingerprint, ("+", a, b), a.width + b.width)


@lru_cache(maxsize=8192)
def times(a: Expr, b: Expr) -> Expr:
    """Return `a * b` for integers, expanded unless that has too many terms."""
    if a.is_const and b.is_const:
        return integer(a.value * b.value)
    fingerprint = a.fingerprint * b.fingerprint % PRIME
    found: Expr | None = interned(fingerprint)
    if found is not None:
        return found
    width = a.width * b.width
    if width > _EXPANSION_LIMIT and a.width > 1 and b.width > 1:
        # `width` counts terms before any cancel; count again before giving up.
        counts = len(a.terms), len(b.terms)
        width = counts[0] * counts[1]
        if width > _EXPANSION_LIMIT and min(counts) > 1:
            factors = (a, b) if a.fingerprint < b.fingerprint else (b, a)
            return intern(Expr("product", factors, fingerprint, is_float=False))
    else:
        # Expand the operands now (not the product), so that a long chain of products never recurses.
        for operand in (a, b):
            if operand.kind == "polynomial":
                _ = operand.terms
    return _lazy(fingerprint, ("*", a, b), width)


def minus(a: Expr, b: Expr) -> Expr:
    """Return `a - b` for integers."""
    return plus(a, integer(-b.value) if b.is_const else times(integer(-1), b))


def constant_difference(a: Expr, b: Expr) -> int | None:
    """Return the value of `a - b` if that is a constant, without making the expression."""
    difference = (a.fingerprint - b.fingerprint) % PRIME
    if difference < _CONSTANT_WINDOW:
        return difference
    if difference > PRIME - _CONSTANT_WINDOW:
        return difference - PRIME
    return a.value - b.value if a.is_const and b.is_const else None


def _lazy(fingerprint: int, args: tuple[Any, ...], width: int, terms: Terms | None = None) -> Expr:
    if fingerprint < _CONSTANT_WINDOW:
        return integer(fingerprint)
    if fingerprint > PRIME - _CONSTANT_WINDOW:
        return integer(fingerprint - PRIME)
    new = Expr("polynomial", args, fingerprint, False, width)
    new._terms = terms
    return intern(new)


def polynomial(terms: Terms) -> Expr:
    """Return the expression with these terms."""
    if not terms:
        return integer(0)
    if len(terms) == 1:
        ((monomial, coefficient),) = terms.items()
        if not monomial:
            return integer(coefficient)
        if coefficient == 1 and len(monomial) == 1:
            return monomial[0]
    fingerprint = 0
    for monomial, coefficient in terms.items():
        product = coefficient
        for atom in monomial:
            product = product * atom.fingerprint % PRIME
        fingerprint += product
    fingerprint %= PRIME
    found = interned(fingerprint)
    if found is not None:
        return found
    return _lazy(fingerprint, (), len(terms), terms)


def multiply_monomials(a: Monomial, b: Monomial) -> Monomial:
    """Return the product of two monomials."""
    if not a or not b:
        return a or b
    return tuple(sorted(a + b, key=_fingerprint))


def _fingerprint(expr: Expr) -> int:
    return expr.fingerprint


def order_of(monomial: Monomial) -> tuple[int, list[int]]:
    """Return where a monomial stands: by degree, then by fingerprints. Multiplication respects this order."""
    return len(monomial), [atom.fingerprint for atom in monomial]


def leading(terms: Terms) -> Monomial:
    """Return the last monomial in that order."""
    return max(terms, key=order_of) if len(terms) > 1 else next(iter(terms))


def common_factor(terms: Terms) -> int:
    """Return the number that divides every term but the constant one; 0 if there is no other."""
    return gcd(*[coefficient for monomial, coefficient in terms.items() if monomial])


def _expand(root: Expr) -> Terms:
    """Work out the terms of a polynomial, each shared part once.

    `+` nodes are visited from the newest to the oldest: operands are older than what is made of them, so when
    a node is reached its total coefficient is known. That makes a chain of n additions n steps, and `x + x`
    repeated n times as well, where plain recursion would take 2**n.
    """
    if root.args[0] == "*":
        return _product_terms(root)
    if not any(map(_unexpanded_summands, root.args[1:])):
        return _sum_terms(root.args[1], root.args[2])
    coefficients: dict[Expr, int] = {root: 1}
    found = {root}
    stack = [root]
    while stack:
        for operand in _unexpanded_summands(stack.pop()):
            if operand not in found:
                found.add(operand)
                stack.append(operand)
    terms: dict[Monomial, int] = {}
    for node in sorted(found, key=_serial, reverse=True):
        scale = coefficients.pop(node, 0)
        if node.kind == "polynomial" and node._terms is None and node.args[0] == "+":
            for operand in node.args[1:]:
                coefficients[operand] = coefficients.get(operand, 0) + scale
        elif scale:
            parts = _product_terms(node) if node.kind == "polynomial" and node._terms is None else node.terms
            for monomial, coefficient in parts.items():
                terms[monomial] = terms.get(monomial, 0) + scale * coefficient
    return {m: c for m, c in terms.items() if c}


def _unexpanded_summands(node: Expr) -> tuple[Expr, ...]:
    if node.kind == "polynomial" and node._terms is None and node.args[0] == "+":
        return node.args[1:]
    return ()


def _sum_terms(a: Expr, b: Expr) -> Terms:
    terms = dict(a.terms)
    for monomial, coefficient in b.terms.items():
        total = terms.get(monomial, 0) + coefficient
        if total:
            terms[monomial] = total
        else:
            del terms[monomial]
    return terms


def _product_terms(node: Expr) -> Terms:
    left, right = node.args[1].terms, node.args[2].terms
    terms: dict[Monomial, int] = {}
    for m1, c1 in left.items():
        for m2, c2 in right.items():
            monomial = multiply_monomials(m1, m2)
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return {m: c for m, c in terms.items() if c}


def _serial(expr: Expr) -> int:
    return expr.serial
