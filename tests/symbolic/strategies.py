"""Random expressions and conditions, each with the Python program it stands for.

A `Program` is built twice from the same choices: as our canonical expression, and as a plain Python function of the
symbols' values that knows nothing of ours. Every property of the engine is then a comparison with Python.
"""

import itertools
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from fullgraph.symbolic import (
    Bool,
    Expr,
    abs_,
    add,
    and_,
    bitand,
    bitor,
    bitxor,
    eq,
    floordiv,
    gcd,
    ge,
    gt,
    if_else,
    integer,
    le,
    lt,
    math_function,
    max_,
    min_,
    mod,
    mul,
    ne,
    neg,
    not_,
    or_,
    pow_,
    sub,
    symbol,
    to_float,
    to_integer,
    truediv,
)

NAMES = ("s0", "s1", "s2")
SYMBOLS = tuple(map(symbol, NAMES))
SMALL = (0, 1, 2, 5)

Values = dict[Expr, int]


@dataclass(frozen=True)
class Program:
    """The same computation, ours and Python's."""

    expr: Any
    python: Callable[[Values], Any]
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Raised:
    """What Python raised instead of a result."""

    error: type[Exception]


def assignments(values: tuple[int, ...] = SMALL) -> Iterator[Values]:
    """Yield every assignment of small values to the symbols."""
    for chosen in itertools.product(values, repeat=len(SYMBOLS)):
        yield dict(zip(SYMBOLS, chosen, strict=True))


def outcome(compute: Callable[[], Any]) -> Any:
    """Return the result, or what was raised."""
    try:
        return compute()
    except (ArithmeticError, ValueError) as error:
        return Raised(type(error))


_BINARY = {
    "+": (add, operator.add),
    "-": (sub, operator.sub),
    "*": (mul, operator.mul),
    "//": (floordiv, operator.floordiv),
    "%": (mod, operator.mod),
    "min": (min_, min),
    "max": (max_, max),
    "gcd": (gcd, math.gcd),
    "&": (bitand, operator.and_),
    "|": (bitor, operator.or_),
    "^": (bitxor, operator.xor),
}
_COMPARISONS = {
    "==": (eq, operator.eq),
    "!=": (ne, operator.ne),
    "<": (lt, operator.lt),
    "<=": (le, operator.le),
    ">": (gt, operator.gt),
    ">=": (ge, operator.ge),
}
_ROUNDINGS = {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round}


def _leaf() -> st.SearchStrategy[Program]:
    symbols = st.sampled_from(SYMBOLS).map(lambda s: Program(s, lambda values: values[s], s.name))
    constants = st.integers(-9, 9).map(lambda n: Program(integer(n), lambda _: n, str(n)))
    return symbols | constants


def _binary(kind: str, a: Program, b: Program) -> Program:
    ours, python = _BINARY[kind]
    built = outcome(lambda: ours(a.expr, b.expr))
    return Program(built, lambda values: python(a.python(values), b.python(values)), f"({a} {kind} {b})")


def _unary(kind: str, a: Program) -> Program:
    ours, python = {"-": (neg, operator.neg), "abs": (abs_, abs)}[kind]
    return Program(ours(a.expr), lambda values: python(a.python(values)), f"{kind}({a})")


def _power(a: Program, n: int) -> Program:
    return Program(pow_(a.expr, n), lambda values: a.python(values) ** n, f"{a}**{n}")


def _rounded(kind: str, a: Program, b: int) -> Program:
    function = _ROUNDINGS[kind]
    built = to_integer(kind, truediv(a.expr, b))
    return Program(built, lambda values: function(a.python(values) / b), f"{kind}({a} / {b})")


def _conditional(test: Program, yes: Program, no: Program) -> Program:
    return Program(
        if_else(test.expr, yes.expr, no.expr),
        lambda values: yes.python(values) if test.python(values) else no.python(values),
        f"({yes} if {test} else {no})",
    )


def _extend(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
    return st.one_of(
        st.builds(_binary, st.sampled_from(sorted(_BINARY)), inner, inner),
        # The operations that sizes are made of, more often.
        st.builds(_binary, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
        st.builds(_unary, st.sampled_from(["-", "abs"]), inner),
        st.builds(_power, inner, st.integers(0, 3)),
        st.builds(_rounded, st.sampled_from(sorted(_ROUNDINGS)), inner, st.sampled_from([2, 3, -4])),
        st.builds(_conditional, _comparison(inner), inner, inner),
    ).filter(lambda program: not isinstance(program.expr, Raised))


def _comparison(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
    def build(sign: str, a: Program, b: Program) -> Program:
        ours, python = _COMPARISONS[sign]
        return Program(
            ours(a.expr, b.expr), lambda values: python(a.python(values), b.python(values)), f"{a} {sign} {b}"
        )

    return st.builds(build, st.sampled_from(sorted(_COMPARISONS)), inner, inner)


def integers(leaves: int = 6) -> st.SearchStrategy[Program]:
    """Integer expressions."""
    return st.recursive(_leaf(), _extend, max_leaves=leaves)


def polynomials(leaves: int = 5) -> st.SearchStrategy[Program]:
    """Sums, differences and products of symbols and numbers, of degree at most `leaves`."""
    return st.recursive(
        _leaf(),
        lambda inner: (
            st.builds(_binary, st.sampled_from(["+", "-", "*"]), inner, inner)
            | st.builds(_unary, st.just("-"), inner)
        ),
        max_leaves=leaves,
    )


def linear() -> st.SearchStrategy[Program]:
    """Expressions of the first degree, as contracts have them."""

    def build(coefficients: list[int], constant: int) -> Program:
        expr = integer(constant)
        for s, c in zip(SYMBOLS, coefficients, strict=True):
            expr = add(expr, mul(c, s))
        text = " + ".join(
            [f"{c}*{s.name}" for s, c in zip(SYMBOLS, coefficients, strict=True)] + [str(constant)]
        )
        return Program(
            expr,
            lambda values: sum(c * values[s] for s, c in zip(SYMBOLS, coefficients, strict=True)) + constant,
            text,
        )

    return st.builds(build, st.lists(st.integers(-3, 3), min_size=3, max_size=3), st.integers(-6, 6))


def floats() -> st.SearchStrategy[Program]:
    """Floats made of integer expressions."""

    def extend(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
        arithmetic = {"+": (add, operator.add), "-": (sub, operator.sub), "*": (mul, operator.mul)}
        division = {
            "/": (truediv, operator.truediv),
            "//": (floordiv, operator.floordiv),
            "%": (mod, operator.mod),
        }

        def build(kind: str, a: Program, b: Program) -> Program:
            ours, python = (arithmetic | division)[kind]
            built = outcome(lambda: ours(a.expr, b.expr))
            return Program(built, lambda v: python(a.python(v), b.python(v)), f"({a} {kind} {b})")

        def root(a: Program) -> Program:
            built = outcome(lambda: math_function("sqrt", a.expr))
            return Program(built, lambda v: math.sqrt(a.python(v)), f"sqrt({a})")

        return (
            st.builds(build, st.sampled_from(sorted(arithmetic | division)), inner, inner)
            | st.builds(root, inner)
        ).filter(lambda program: not isinstance(program.expr, Raised))

    def convert(a: Program) -> Program:
        return Program(to_float(a.expr), lambda values: float(a.python(values)), f"float({a})")

    constants = st.sampled_from([0.5, 2.0, -1.5, 0.1]).map(
        lambda x: Program(add(to_float(0), x) if x else to_float(0), lambda _: x, str(x))
    )
    return st.recursive(integers(3).map(convert) | constants, extend, max_leaves=4)


def conditions(leaves: int = 4) -> st.SearchStrategy[Program]:
    """Conditions on integers, with and, or, not."""

    def extend(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
        both = st.builds(
            lambda a, b: Program(
                and_(a.expr, b.expr), lambda v: all([a.python(v), b.python(v)]), f"({a} and {b})"
            ),
            inner,
            inner,
        )
        either = st.builds(
            lambda a, b: Program(
                or_(a.expr, b.expr), lambda v: any([a.python(v), b.python(v)]), f"({a} or {b})"
            ),
            inner,
            inner,
        )
        negated = inner.map(lambda a: Program(not_(a.expr), lambda v: not a.python(v), f"not ({a})"))
        return both | either | negated

    return st.recursive(_comparison(integers(leaves)), extend, max_leaves=3)


def linear_conditions() -> st.SearchStrategy[Program]:
    """Conditions of the first degree, as contracts have them."""
    return _comparison(linear())


def is_condition(what: object) -> bool:
    """Say whether this is a condition rather than an expression."""
    return isinstance(what, Bool)
