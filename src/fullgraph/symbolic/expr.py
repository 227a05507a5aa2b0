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

An expression lives as long as somebody uses it (`interning`). Sums and products are not remembered here: to find one
costs hardly more than to look up that it was made before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from math import gcd
from typing import Any, TypeAlias

from fullgraph.symbolic.interning import PRIME, Interned, digest, digest_of, fingerprint_of, intern, interned

# Fingerprints this near to zero are the constants themselves.
_CONSTANT_WINDOW = 2**64
_NEGATIVE_WINDOW = PRIME - _CONSTANT_WINDOW
# Products that would have more terms than this stay products.
_EXPANSION_LIMIT = 256
# Without an `__init__`, which in Python 3.11 doubles what an object costs.
_new = object.__new__

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

    __slots__ = ("_terms", "is_const", "is_float", "value", "width")

    is_float: bool
    is_const: bool
    value: Any
    width: int  # it has at most so many terms
    _terms: Terms | None

    @property
    def terms(self) -> Terms:
        """The polynomial: coefficient of each monomial. Of a float, or another atom, itself once."""
        found = self._terms
        if found is not None:
            return found
        if self.kind == "polynomial":
            return _expand(self)
        if self.is_const and not self.is_float:
            return {(): self.value} if self.value else {}
        return {(self,): 1}

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
    size = abs(value)
    # A constant outside the window must not be found as some polynomial congruent to it.
    fingerprint = size if size < _CONSTANT_WINDOW else digest(b"integer(%d)" % size)
    return _constant(value, fingerprint if value >= 0 else PRIME - fingerprint, is_float=False)


def floating(value: float) -> Expr:
    """Return the float constant `value`; 0.0 and -0.0 differ, and every nan is the same."""
    return _constant(value, digest(f"float({value.hex()!r})".encode()), is_float=True)


def _constant(value: Number, fingerprint: int, is_float: bool) -> Expr:
    found = interned(fingerprint)
    if found is not None:
        return found
    new = _new(Expr)
    new.kind = "constant"
    new.args = (value,)
    new.fingerprint = fingerprint
    new.is_float = is_float
    new.is_const = True
    new.value = value
    new.width = 1
    new._terms = new._symbols = None
    return intern(new)


@lru_cache(maxsize=4096)
def symbol(name: str, *sort: str) -> Expr:
    """Return the symbol with this name: of an integer, or of the sort that is named too (see `scalars`)."""
    args = (name, *sort)
    fingerprint = digest(f"symbol({','.join(map(repr, args))})".encode())
    return _made("symbol", args, fingerprint, is_float=sort == ("float",))


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
    return _made(kind, args, digest_of(kind, args), is_float)


def _made(
    kind: str,
    args: tuple[Any, ...],
    fingerprint: int,
    is_float: bool,
    width: int = 1,
    terms: Terms | None = None,
) -> Expr:
    """Return the expression with this fingerprint: one that lives, a constant, or a new one."""
    found: Expr | None = interned(fingerprint)
    if found is not None:
        return found
    if fingerprint < _CONSTANT_WINDOW:
        return integer(fingerprint)
    if fingerprint > _NEGATIVE_WINDOW:
        return integer(fingerprint - PRIME)
    new = _new(Expr)
    new.kind = kind
    new.args = args
    new.fingerprint = fingerprint
    new.is_float = is_float
    new.is_const = False
    new.width = width
    new._terms = terms
    new._symbols = None
    return intern(new)


def plus(a: Expr, b: Expr) -> Expr:
    """Return `a + b` for integers."""
    if a.is_const and b.is_const:
        return integer(a.value + b.value)
    fingerprint = a.fingerprint + b.fingerprint
    if fingerprint >= PRIME:
        fingerprint -= PRIME
    return _made("polynomial", ("+", a, b), fingerprint, False, a.width + b.width)


def minus(a: Expr, b: Expr) -> Expr:
    """Return `a - b` for integers."""
    if a.is_const and b.is_const:
        return integer(a.value - b.value)
    fingerprint = a.fingerprint - b.fingerprint
    if fingerprint < 0:
        fingerprint += PRIME
    return _made("polynomial", ("-", a, b), fingerprint, False, a.width + b.width)


def times(a: Expr, b: Expr) -> Expr:
    """Return `a * b` for integers, expanded unless that has too many terms."""
    if a.is_const and b.is_const:
        return integer(a.value * b.value)
    fingerprint = a.fingerprint * b.fingerprint % PRIME
    width = a.width * b.width
    if width > _EXPANSION_LIMIT and a.width > 1 and b.width > 1:
        # `width` counts terms before any cancel; count again before giving up.
        counts = len(a.terms), len(b.terms)
        width = counts[0] * counts[1]
        if width > _EXPANSION_LIMIT and min(counts) > 1:
            factors = (a, b) if a.fingerprint < b.fingerprint else (b, a)
            return _made("product", factors, fingerprint, is_float=False)
    return _made("polynomial", ("*", a, b), fingerprint, False, width)


def constant_difference(a: Expr, b: Expr) -> int | None:
    """Return the value of `a - b` if that is a constant, without making the expression."""
    difference = (a.fingerprint - b.fingerprint) % PRIME
    if difference < _CONSTANT_WINDOW:
        return difference
    if difference > _NEGATIVE_WINDOW:
        return difference - PRIME
    return a.value - b.value if a.is_const and b.is_const else None


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
    return _made("polynomial", (), fingerprint % PRIME, False, len(terms), terms)


def multiply_monomials(a: Monomial, b: Monomial) -> Monomial:
    """Return the product of two monomials."""
    if not a or not b:
        return a or b
    if a[-1].fingerprint <= b[0].fingerprint:
        return a + b
    if b[-1].fingerprint <= a[0].fingerprint:
        return b + a
    return tuple(sorted(a + b, key=fingerprint_of))


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
    """Work out the terms of a polynomial, and before those of what it is made of; each once, and without recursion."""
    stack = [root]
    while stack:
        node = stack[-1]
        operation, a, b = node.args
        parts = ((a, 1), (b, 1)) if operation == "*" else _summands(node)
        waiting = [part for part, _ in parts if part._terms is None and part.kind == "polynomial"]
        if waiting:
            stack += waiting
        else:
            node._terms = _product_terms(a, b) if operation == "*" else _sum_terms(parts)
            stack.pop()
    return root.terms


def _summands(root: Expr) -> Collection[tuple[Expr, int]]:
    """Return what a sum adds up, and how often, where the sums in it are taken apart unless their terms are known.

    Sums are visited from the widest to the narrowest: a sum is wider than its operands, so when one is reached its
    coefficient is known. That makes a chain of n additions n steps, and `x + x` repeated n times as well, where
    plain recursion would take 2**n.
    """
    sign, a, b = root.args
    if not (_is_unexpanded_sum(a) or _is_unexpanded_sum(b)):
        return (a, 1), (b, 1 if sign == "+" else -1)
    found: dict[Expr, int] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = 0
            if _is_unexpanded_sum(node):
                stack += node.args[:0:-1]
    found[root] = 1
    for node in sorted(found, key=_width, reverse=True):
        if _is_unexpanded_sum(node):
            sign, a, b = node.args
            scale = found.pop(node)
            found[a] += scale
            found[b] += scale if sign == "+" else -scale
    return found.items()


def _width(expr: Expr) -> int:
    return expr.width


def _is_unexpanded_sum(node: Expr) -> bool:
    return node._terms is None and node.kind == "polynomial" and node.args[0] != "*"


def _sum_terms(parts: Iterable[tuple[Expr, int]]) -> Terms:
    terms: dict[Monomial, int] = {}
    for part, scale in parts:
        for monomial, coefficient in part.terms.items():
            total = terms.get(monomial, 0) + scale * coefficient
            if total:
                terms[monomial] = total
            else:
                terms.pop(monomial, None)
    return terms


def _product_terms(a: Expr, b: Expr) -> Terms:
    left, right = a.terms, b.terms
    if len(left) == 1 or len(right) == 1:
        return {multiply_monomials(m1, m2): c1 * c2 for m1, c1 in left.items() for m2, c2 in right.items()}
    terms: dict[Monomial, int] = {}
    for m1, c1 in left.items():
        for m2, c2 in right.items():
            monomial = multiply_monomials(m1, m2)
            terms[monomial] = terms.get(monomial, 0) + c1 * c2
    return {m: c for m, c in terms.items() if c}
