"""Conditions over expressions, interned like them: the same question is the same object.

A comparison of integers is brought into one of three forms over a single expression e without common factor:

    eq: e == 0        ne: e != 0        le: e <= 0

`a < b` is `a - b + 1 <= 0`; `2*s0 <= 5` is `s0 - 2 <= 0`; `2*s0 == 5` is false. Of e and -e, eq and ne take
the one with the positive leading coefficient. So a question and its negation are found at once, however they
were asked. Comparisons with a float stay as they were written, because nan makes `not a < b` something else
than `b <= a`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any

from fullgraph.symbolic.division import mod_integers
from fullgraph.symbolic.expr import (
    Expr,
    Operand,
    apply,
    common_factor,
    expression,
    integer,
    leading,
    minus,
    plus,
    polynomial,
)
from fullgraph.symbolic.interning import Interned, digest_of, fingerprint_of, intern, interned
from fullgraph.symbolic.operations import PYTHON

# Integers below this convert to float without rounding.
_EXACT_FLOAT = 2.0**53


class Bool(Interned):
    """A condition on symbols.

    Attributes:
        kind: `"true"`, `"false"`; `"eq"`, `"ne"`, `"le"` (of an expression compared with 0); `"and"`, `"or"`;
            `"not"` (of a comparison of floats); `"float_eq"`, `"float_lt"`, `"float_le"`.
        args: the operands.
        is_const: whether it is `true` or `false`; then `value` is that.
    """

    __slots__ = ("is_const", "value")

    is_const: bool
    value: bool | None

    def __init__(self, kind: str, args: tuple[Any, ...], fingerprint: int) -> None:
        self.kind = kind
        self.args = args
        self.fingerprint = fingerprint
        self._symbols = None
        self.is_const = kind in ("true", "false")
        self.value = kind == "true" if self.is_const else None

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(map(repr, self.args))})"


def _interned_bool(kind: str, *args: Interned) -> Bool:
    fingerprint = digest_of(f"?{kind}", args)
    found = interned(fingerprint)
    return found if found is not None else intern(Bool(kind, args, fingerprint))


true = _interned_bool("true")
false = _interned_bool("false")


def as_bool(value: bool | Bool) -> Bool:
    """Return `value` as a condition."""
    if isinstance(value, Bool):
        return value
    if not isinstance(value, bool):
        raise TypeError(f"expected a condition, not {value!r}")
    return true if value else false


def eq(a: Operand, b: Operand) -> Bool:
    """Return the condition `a == b`."""
    a, b = expression(a), expression(b)
    if a is b and not a.is_float:
        return true
    return _float_comparison("float_eq", a, b) if a.is_float or b.is_float else _zero("eq", a, b)


def ne(a: Operand, b: Operand) -> Bool:
    """Return the condition `a != b`."""
    a, b = expression(a), expression(b)
    if a is b and not a.is_float:
        return false
    return not_(_float_comparison("float_eq", a, b)) if a.is_float or b.is_float else _zero("ne", a, b)


def le(a: Operand, b: Operand) -> Bool:
    """Return the condition `a <= b`."""
    a, b = expression(a), expression(b)
    return _float_comparison("float_le", a, b) if a.is_float or b.is_float else _at_most(a, b)


def lt(a: Operand, b: Operand) -> Bool:
    """Return the condition `a < b`."""
    a, b = expression(a), expression(b)
    return (
        _float_comparison("float_lt", a, b) if a.is_float or b.is_float else _at_most(plus(a, integer(1)), b)
    )


def ge(a: Operand, b: Operand) -> Bool:
    """Return the condition `a >= b`."""
    return le(b, a)


def gt(a: Operand, b: Operand) -> Bool:
    """Return the condition `a > b`."""
    return lt(b, a)


@lru_cache(maxsize=8192)
def _zero(kind: str, a: Expr, b: Expr) -> Bool:
    e = minus(a, b)
    if e.is_const:
        return as_bool((e.value == 0) == (kind == "eq"))
    terms = e.terms
    truth = _sole_truth(e)
    if truth is not None:
        return _of_truth(truth, lambda value: (_with(e, value) == 0) == (kind == "eq"))
    common = common_factor(terms)
    if terms.get((), 0) % common:
        return as_bool(kind == "ne")
    if terms[leading(terms)] < 0:
        common = -common
    if common != 1:
        e = polynomial({m: c // common for m, c in terms.items()})
    return _interned_bool(kind, _remainder_up_to_sign(e))


@lru_cache(maxsize=8192)
def _at_most(a: Expr, b: Expr) -> Bool:
    e = minus(a, b)
    if e.is_const:
        return as_bool(e.value <= 0)
    truth = _sole_truth(e)
    if truth is not None:
        return _of_truth(truth, lambda value: _with(e, value) <= 0)
    common = common_factor(e.terms)
    if common != 1:
        # common*x + c <= 0 exactly when x <= floor(-c / common).
        terms = {m: c // common for m, c in e.terms.items() if m}
        constant = -(-e.terms.get((), 0) // common)
        e = polynomial({**terms, (): constant} if constant else terms)
    if e.kind == "mod" and _is_positive(e.args[1]):
        return _zero("eq", e, integer(0))  # a remainder is not negative
    opposite = minus(integer(1), e)
    if opposite.kind == "mod" and _is_positive(opposite.args[1]):
        return _zero("ne", opposite, integer(0))
    quotient = _sole_quotient(e)
    return quotient if quotient is not None else _interned_bool("le", e)


def _remainder_up_to_sign(e: Expr) -> Expr:
    """`-x % k` is zero exactly when `x % k` is: of the two, take the one with the positive leading coefficient."""
    if e.kind != "mod" or not _is_positive(e.args[1]):
        return e
    x, k = e.args
    if x.terms[leading(x.terms)] > 0:
        return e
    flipped = mod_integers(minus(integer(0), x), k)
    return flipped if flipped.kind == "mod" else e


def _is_positive(e: Expr) -> bool:
    return bool(e.is_const and e.value > 0)


def _sole_truth(e: Expr) -> Expr | None:
    """Return the symbol of a truth value if `e` depends on that alone, linearly."""
    if len(e.terms) > 2:
        return None
    monomial = max(e.terms, key=len)
    if len(monomial) != 1 or (len(e.terms) == 2 and () not in e.terms):
        return None
    (atom,) = monomial
    return atom if atom.kind == "symbol" and atom.args[1:] == ("bool",) else None


def _with(e: Expr, value: int) -> int:
    return sum(c * value if m else c for m, c in e.terms.items())


def _of_truth(truth: Expr, holds: Callable[[int], bool]) -> Bool:
    """Ask about the symbol of a truth value in one of two forms: `truth == 1`, and `truth == 0`."""
    at_false, at_true = holds(0), holds(1)
    if at_false == at_true:
        return as_bool(at_true)
    return _interned_bool("eq", minus(truth, integer(1)) if at_true else truth)


def truth_symbol_in(what: Bool) -> tuple[Expr, bool] | None:
    """Return the symbol of a truth value, and the value it must have, if `what` is that question alone."""
    if what.kind != "eq":
        return None
    truth = _sole_truth(what.args[0])
    return None if truth is None else (truth, what.args[0] is not truth)


def _sole_quotient(e: Expr) -> Bool | None:
    """Ask `x // k <= n` as `x <= n*k + k - 1`, and `x // k >= n` as `x >= n*k`."""
    (monomial, sign), *others = ((m, c) for m, c in e.terms.items() if m)
    if others or len(monomial) != 1 or monomial[0].kind != "floordiv":
        return None
    x, k = monomial[0].args
    if not k.is_const:
        return None
    constant = e.terms.get((), 0)
    if sign > 0:
        return _at_most(x, integer((1 - constant) * k.value - 1))
    return _at_most(integer(constant * k.value), x)


def _float_comparison(kind: str, a: Expr, b: Expr) -> Bool:
    if a.is_const and b.is_const:
        return as_bool(PYTHON[kind](a.value, b.value))
    exact = _integer_comparison(kind, a, b)
    return exact if exact is not None else _interned_bool(kind, a, b)


def _integer_comparison(kind: str, a: Expr, b: Expr) -> Bool | None:
    """Compare float(n) with a moderate constant as integers: rounding never carries n past it."""
    n, c, flipped = (a, b, False) if b.is_const else (b, a, True)
    if n.kind == "to_float":
        n = n.args[0]
    if n.is_float or not c.is_const or not isfinite(c.value) or abs(c.value) >= _EXACT_FLOAT:
        return None
    below = int(c.value // 1)
    whole = below == c.value
    if kind == "float_eq":
        return eq(n, below) if whole else false
    if flipped:  # c < n or c <= n
        return gt(n, below) if kind == "float_lt" or not whole else ge(n, below)
    return lt(n, below) if kind == "float_lt" and whole else le(n, below)


def not_(a: Bool | bool) -> Bool:
    """Return the condition `not a`."""
    a = as_bool(a)
    match a.kind:
        case "true":
            return false
        case "false":
            return true
        case "eq":
            truth = truth_symbol_in(a)
            return _interned_bool("ne", *a.args) if truth is None else eq(truth[0], int(not truth[1]))
        case "ne":
            return _interned_bool("eq", *a.args)
        case "le":
            return _interned_bool("le", minus(integer(1), a.args[0]))
        case "and":
            return or_(*map(not_, a.args))
        case "or":
            return and_(*map(not_, a.args))
        case "not":
            return a.args[0]
        case _:
            return _interned_bool("not", a)


def and_(*conditions: Bool | bool) -> Bool:
    """Return the condition that all of them hold."""
    return _connect("and", true, false, conditions)


def or_(*conditions: Bool | bool) -> Bool:
    """Return the condition that at least one of them holds."""
    return _connect("or", false, true, conditions)


def _connect(kind: str, neutral: Bool, absorbing: Bool, conditions: tuple[Bool | bool, ...]) -> Bool:
    kept: dict[Bool, None] = {}
    for given in map(as_bool, conditions):
        for part in given.args if given.kind == kind else (given,):
            if part is absorbing or not_(part) in kept:
                return absorbing
            if part is not neutral:
                kept[part] = None
    for part in kept:
        # All parts of a disjunction denied, or of a conjunction granted.
        if part.kind in ("and", "or") and all(not_(inner) in kept for inner in part.args):
            return absorbing
    if len(kept) < 2:
        return next(iter(kept), neutral)
    return _interned_bool(kind, *sorted(kept, key=fingerprint_of))


def if_else(test: Bool | bool, yes: Operand, no: Operand) -> Expr:
    """Return `yes if test else no`; both must be integers or both floats."""
    test, yes, no = as_bool(test), expression(yes), expression(no)
    if yes.is_float != no.is_float:
        raise TypeError("the two values of a conditional size must both be integers or both floats")
    if test.is_const:
        return yes if test.value else no
    truth = truth_symbol_in(test)
    if truth is not None and yes is integer(1) and no is integer(0):
        return truth[0] if truth[1] else minus(integer(1), truth[0])
    return yes if yes is no else apply("ite", (test, yes, no), is_float=yes.is_float)


def truth(a: Operand) -> Bool:
    """Return the condition that Python's `bool(a)` is true."""
    return ne(a, 0)
