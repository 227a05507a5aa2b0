"""Expressions at given values, and with symbols replaced."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar, overload

from fullgraph.symbolic import arithmetic, boolean, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr, Operand, expression, integer
from fullgraph.symbolic.interning import Interned
from fullgraph.symbolic.operations import (
    FLOAT_FUNCTIONS,
    FLOATS_FUNCTIONS,
    INTEGER_FUNCTIONS,
    MATH_FUNCTIONS,
    PYTHON,
    ROUNDINGS,
)

T = TypeVar("T", Expr, Bool)


@overload
def evaluate(what: Bool, values: Mapping[Expr, Any]) -> bool: ...
@overload
def evaluate(what: Expr, values: Mapping[Expr, Any]) -> int | float: ...
def evaluate(what: Expr | Bool, values: Mapping[Expr, Any]) -> Any:
    """Return Python's own result, with each symbol at its value.

    Args:
        what: an expression or a condition.
        values: the value of each symbol. Other expressions may be given too, and are then not looked into.

    Raises:
        KeyError: a symbol has no value.
        ZeroDivisionError, OverflowError, ValueError: Python raises it for these values.
    """
    return _evaluate(what, dict[Interned, Any](values.items()))


def _evaluate(what: Any, known: dict[Interned, Any]) -> Any:
    """Compute `what`, and each part of it once: results are kept in `known`."""
    if what in known:
        return known[what]
    kind, args = what.kind, what.args
    if kind == "polynomial":
        result = 0
        for monomial, coefficient in what.terms.items():
            product = coefficient
            for atom in monomial:
                product *= _evaluate(atom, known)
            result += product
    elif what.is_const:
        return what.value
    elif kind == "symbol":
        raise KeyError(what)
    elif kind == "ite":
        # Only the branch taken is computed, as in Python.
        result = _evaluate(args[1] if _evaluate(args[0], known) else args[2], known)
    else:
        result = PYTHON[kind](*[_evaluate(arg, known) for arg in args])
    known[what] = result
    return result


def substitute(what: T, replacements: Mapping[Expr, Operand]) -> T:
    """Return `what` with each expression in `replacements` replaced, canonical again.

    Symbols and other atoms may be replaced. Replacements are not looked into again.
    """
    return _substitute(what, {old: expression(new) for old, new in replacements.items()}, {})


def _substitute(what: Any, replacements: Mapping[Expr, Expr], done: dict[Interned, Any]) -> Any:
    if what in replacements:
        return replacements[what]
    if what in done:
        return done[what]
    if what.kind == "polynomial":
        result = _substitute_terms(what, replacements, done)
    elif what.kind in ("constant", "symbol", "true", "false"):
        result = what
    else:
        args = tuple(_substitute(a, replacements, done) for a in what.args)
        unchanged = all(new is old for new, old in zip(args, what.args, strict=True))
        result = what if unchanged else rebuild(what.kind, args)
    done[what] = result
    return result


def _substitute_terms(what: Expr, replacements: Mapping[Expr, Expr], done: dict[Interned, Any]) -> Expr:
    changed = {}
    for atom in dict.fromkeys(atom for monomial in what.terms for atom in monomial):
        new = _substitute(atom, replacements, done)
        if new is not atom:
            changed[atom] = new
    if not changed:
        return what
    return arithmetic.sum_(
        [
            arithmetic.prod([integer(coefficient), *(changed.get(atom, atom) for atom in monomial)])
            for monomial, coefficient in what.terms.items()
        ]
    )


def rebuild(kind: str, args: tuple[Any, ...]) -> Any:
    """Return the canonical `kind(*args)`, for the kind of any expression or condition that has operands."""
    return _REBUILD[kind](*args)


def _fold(function: Any) -> Any:
    def folded(first: Expr, *rest: Expr) -> Expr:
        for operand in rest:
            first = function(first, operand)
        return first

    return folded


_REBUILD: dict[str, Any] = {
    "add": arithmetic.add,
    "sub": arithmetic.sub,
    "mul": arithmetic.mul,
    "neg": arithmetic.neg,
    "truediv": arithmetic.truediv,
    "floordiv": arithmetic.floordiv,
    "mod": arithmetic.mod,
    "pow": arithmetic.pow_,
    "abs": arithmetic.abs_,
    "min": _fold(arithmetic.min_),
    "max": _fold(arithmetic.max_),
    "product": _fold(arithmetic.mul),
    "gcd": arithmetic.gcd,
    "lshift": arithmetic.lshift,
    "rshift": arithmetic.rshift,
    "bitand": arithmetic.bitand,
    "bitor": arithmetic.bitor,
    "bitxor": arithmetic.bitxor,
    "and": boolean.and_,
    "or": boolean.or_,
    "ite": boolean.if_else,
    "to_float": floats.to_float,
    "round_digits": lambda a, digits: floats.round_digits(a, digits.value),
    "eq": lambda e: boolean.eq(e, 0),
    "ne": lambda e: boolean.ne(e, 0),
    "le": lambda e: boolean.le(e, 0),
    "not": boolean.not_,
    "float_eq": boolean.eq,
    "float_lt": boolean.lt,
    "float_le": boolean.le,
    **{name: (lambda a, name=name: floats.to_integer(name, a)) for name in ROUNDINGS},
    **{
        name: (lambda a, name=name: floats.math_function(name, a))
        for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS)
    },
    **{name: partial(floats.of_floats, name) for name in FLOATS_FUNCTIONS},
    **{name: partial(arithmetic.integer_function, name) for name in INTEGER_FUNCTIONS},
}
