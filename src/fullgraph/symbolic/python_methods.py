"""Methods of Python's numbers that PyTorch's symbolic numbers lack, or compute differently from Python.

| Python                      | PyTorch's symbolic numbers                                                    |
|-----------------------------|-------------------------------------------------------------------------------|
| `round(15, -1) == 20`       | `SymInt.__round__` ignores the digits                                         |
| `1.0 // 0.1 == 9.0`         | compute `floor(a / b)`, which is 10.0                                         |
| `(-2.0) ** 2`               | require a base that isn't negative, whatever the exponent                     |
| `divmod(n, 8)`, `~n`        | `TypeError`                                                                   |
| `f"{n}"`, `str(n)`          | the expression's text, where Python gives the digits                          |
| `min(n, 4)`, `max(n, 4)`    | branch on `n < 4`, where no branch is needed                                  |

`PYTHON_METHODS` says what is to stand in each place while a trace runs: a function of the original (None where there
is none) that returns the replacement. Whoever runs the trace puts them there and takes them away again. Replacements
leave symbolic numbers that aren't ours to the original.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, floats
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.nodes import Node
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

Original = Callable[..., Any]
Replacement = Callable[["Original | None"], Original]


def scope_of(*numbers: Any) -> Scope | None:
    """Return the scope of the first symbolic number that is ours."""
    for number in numbers:
        node = getattr(number, "node", None)
        if isinstance(node, Node):
            return node.scope
    return None


def _computed(compute: Callable[..., Any], fallback: Any = NotImplemented) -> Replacement:
    """Make a replacement that calls `compute(scope, *operands)` on the expressions of numbers."""

    def replacement(original: Original | None) -> Original:
        def method(*operands: Any) -> Any:
            scope = scope_of(*operands)
            if scope is None or not all(isinstance(x, (int, float, *SYMBOLIC_CLASSES)) for x in operands):
                return original(*operands) if original is not None else fallback
            found = compute(scope, *map(_number, operands))
            if isinstance(found, tuple):
                return tuple(to_python(each, scope) for each in found)
            return to_python(found, scope)

        return method

    return replacement


def _number(value: Any) -> Expr:
    found = expr_of(value)
    return found if isinstance(found, Expr) else boolean.if_else(found, 1, 0)


def _require_nonzero(scope: Scope, divisor: Expr) -> None:
    if not scope.ask(boolean.ne(divisor, 0), "check"):
        raise ZeroDivisionError("division by zero")


def _floordiv(scope: Scope, a: Expr, b: Expr) -> Expr:
    _require_nonzero(scope, b)
    return arithmetic.floordiv(a, b)


def _mod(scope: Scope, a: Expr, b: Expr) -> Expr:
    _require_nonzero(scope, b)
    return arithmetic.mod(a, b)


def _divmod(scope: Scope, a: Expr, b: Expr) -> tuple[Expr, Expr]:
    return _floordiv(scope, a, b), _mod(scope, a, b)


def _power(scope: Scope, base: Expr, exponent: Expr) -> Expr:
    """Compute `base ** exponent`, whose type Python chooses by the sign of an integer exponent."""
    if not (base.is_float or exponent.is_float) and scope.ask(boolean.ge(exponent, 0), "guard"):
        return arithmetic.pow_(base, exponent)
    whole = not exponent.is_float or (exponent.is_const and float(exponent.value).is_integer())
    if not whole and not scope.ask(boolean.ge(base, 0), "check"):
        raise ValueError("a negative number to a fractional power is complex, and sizes are not")
    if not (exponent.is_const and exponent.value >= 0):
        # 0.0 ** -1 raises.
        _require_nonzero(scope, base)
    return arithmetic.pow_(floats.to_float(base), floats.to_float(exponent))


def _invert(scope: Scope, a: Expr) -> Expr:
    return arithmetic.invert(a)


def _swapped(compute: Callable[[Scope, Expr, Expr], Any]) -> Callable[[Scope, Expr, Expr], Any]:
    return lambda scope, a, b: compute(scope, b, a)


def _rounded(original: Original | None) -> Original:
    def round_(number: Any, ndigits: Any = None) -> Any:
        scope = scope_of(number)
        if scope is None:
            assert original is not None
            return original(number, ndigits)
        expr = expr_of(number)
        digits = None if ndigits is None else int(ndigits)
        found = floats.to_integer("round", expr) if digits is None else floats.round_digits(expr, digits)
        return to_python(found, scope)

    return round_


def _text_of_value(original: Original | None) -> Original:
    """Give the digits of a number, as Python does: that asks for its one value."""

    def text(number: Any, spec: str = "") -> str:
        scope = scope_of(number)
        if scope is None:
            return format(repr(number), spec)
        found = expr_of(number)
        value = scope.value_of(found) if isinstance(found, Expr) else scope.ask(found, "guard")
        return format(value, spec)

    return text


def _extreme(kind: str) -> Replacement:
    """Make `min` or `max` of integers an expression; with a `key`, with floats, or of anything else, Python's own."""
    combine = arithmetic.min_ if kind == "min" else arithmetic.max_

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def extreme(*args: Any, **options: Any) -> Any:
            if options or not args:
                return original(*args, **options)
            values: tuple[Any, ...] = tuple(args[0]) if len(args) == 1 else args
            scope = scope_of(*values)
            if scope is None or not all(type(v) is int or type(v) is SYMBOLIC_CLASSES[0] for v in values):
                return original(values)
            found = expr_of(values[0])
            for value in values[1:]:
                found = combine(found, expr_of(value))
            return to_python(found, scope)

        return extreme

    return replacement


def _sym_ite(original: Original | None) -> Original:
    """Choose by a symbolic condition; PyTorch's own method takes only its own nodes."""

    def choose(test: Any, yes: Any, no: Any) -> Any:
        scope = scope_of(test)
        if scope is None:
            assert original is not None
            return original(test, yes, no)
        return to_python(boolean.if_else(expr_of(test), _number(yes), _number(no)), scope)

    return choose


def _methods() -> Mapping[tuple[Any, str], Replacement]:
    integer, real, truth = SYMBOLIC_CLASSES
    binary = {"floordiv": _floordiv, "divmod": _divmod, "pow": _power}
    table: dict[tuple[Any, str], Replacement] = {
        (integer, "__round__"): _rounded,
        (integer, "__invert__"): _computed(_invert),
        (truth, "__sym_ite__"): _sym_ite,
        (builtins, "min"): _extreme("min"),
        (builtins, "max"): _extreme("max"),
    }
    for owner in (integer, real):
        for name, compute in binary.items():
            table[owner, f"__{name}__"] = _computed(compute)
            table[owner, f"__r{name}__"] = _computed(_swapped(compute))
    for owner in (integer, real, truth):
        table[owner, "__str__"] = _text_of_value
        table[owner, "__format__"] = _text_of_value
    return table


PYTHON_METHODS: Mapping[tuple[Any, str], Replacement] = _methods()
