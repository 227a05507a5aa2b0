"""Methods of Python's numbers that PyTorch's symbolic numbers lack, or compute differently from Python.

| Python                      | PyTorch's symbolic numbers                                                    |
|-----------------------------|-------------------------------------------------------------------------------|
| `round(15, -1) == 20`       | `SymInt.__round__` ignores the digits                                         |
| `1.0 // 0.1 == 9.0`         | compute `floor(a / b)`, which is 10.0                                         |
| `(-2.0) ** 2`               | require a base that isn't negative, whatever the exponent                     |
| `divmod(n, 8)`, `~n`        | `TypeError`                                                                   |
| `n.real`, `n.numerator`     | `AttributeError`                                                              |
| `n * 1j`                    | `TypeError`                                                                   |
| `f"{n}"`, `str(n)`          | the expression's text, where Python gives the digits                          |
| `min(n, 4)`, `max(n, 4)`    | branch on `n < 4`, where no branch is needed                                  |
| `n == float(n)`             | round the integer to a float first, where Python compares exactly             |
| `flag + 1`, `x * flag`      | ask for the truth value, or `TypeError`                                       |
| `torch.sym_max(1.0, x)`     | swap the operands, which differ when one is nan                               |
| `math.exp(x)`, ...          | ask for the value (`python_math`)                                             |

`PYTHON_METHODS` says what is to stand in each place while a trace runs: a function of the original (None where there
is none) that returns the replacement. Whoever runs the trace puts them there and takes them away again. Replacements
leave symbolic numbers that aren't ours to the original.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Mapping
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains, floats
from fullgraph.symbolic.either import as_float, for_both, is_either
from fullgraph.symbolic.expr import Expr, floating, integer
from fullgraph.symbolic.python_lists import LIST_REPLACEMENTS
from fullgraph.symbolic.python_math import MATH_REPLACEMENTS, scope_of
from fullgraph.symbolic.python_numpy import NUMPY_REPLACEMENTS
from fullgraph.symbolic.python_operators import Original, Replacement, computed, number_of, operators
from fullgraph.symbolic.scalars import as_number
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import PYTORCH, SYMBOLIC_CLASSES, expr_of, to_python

# What makes an integer of a truth value, and nothing more.
_UNCHANGED = ("pos", "abs", "floor", "ceil", "trunc")


def _invert(scope: Scope, a: Expr) -> Expr:
    return arithmetic.invert(a)


def _rounded(original: Original | None) -> Original:
    def round_(number: Any, ndigits: Any = None) -> Any:
        scope = scope_of(number)
        if scope is None:
            assert original is not None
            return original(number, ndigits)
        if is_either(number):
            return for_both(number, lambda part: round(part, ndigits))
        expr = number_of(number)
        if ndigits is None:
            return to_python(domains.rounded("round", expr, scope), scope)
        asked = scope_of(ndigits)
        digits: Any = ndigits if asked is None else asked.value_of(number_of(ndigits))
        return to_python(floats.round_digits(expr, operator.index(digits)), scope)

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


def _of_its_value(name: str) -> Replacement:
    """A method of Python's integers that works on the digits: it asks for the one value."""

    def replacement(original: Original | None) -> Original:
        def method(number: Any, *args: Any, **options: Any) -> Any:
            scope = scope_of(number)
            value = number.__index__() if scope is None else int(scope.value_of(number_of(number)))
            return getattr(value, name)(*args, **options)

        return method

    return replacement


def _part(compute: Callable[[Expr], Expr]) -> Replacement:
    """An attribute that Python's numbers compute."""

    def replacement(original: Original | None) -> Any:
        def part(number: Any) -> Any:
            scope = scope_of(number)
            if scope is None:
                raise AttributeError(f"{type(number).__name__!r} object has no such attribute")
            return to_python(compute(number_of(number)), scope)

        return property(part)

    return replacement


def _unary(function: Callable[[Any], Any]) -> Replacement:
    def replacement(original: Original | None) -> Original:
        assert original is not None
        return lambda number: for_both(number, function) if is_either(number) else original(number)

    return replacement


def _sym_ite(original: Original | None) -> Original:
    """Choose by a symbolic condition; PyTorch's own method takes only its own nodes."""

    def choose(test: Any, yes: Any, no: Any) -> Any:
        scope = scope_of(test)
        if scope is None:
            assert original is not None
            return original(test, yes, no)
        return to_python(_chosen(expr_of(test), expr_of(yes), expr_of(no)), scope)

    return choose


def _choose(original: Original | None) -> Original:
    """`torch.sym_ite`, which PyTorch refuses where one of the two values is plain."""
    assert original is not None

    def choose(test: Any, yes: Any, no: Any) -> Any:
        scope = scope_of(test, yes, no)
        if scope is None or not isinstance(test, (bool, SYMBOLIC_CLASSES[2])):
            return original(test, yes, no)
        values = expr_of(yes), expr_of(no)
        if _sort(values[0]) is not _sort(values[1]):
            raise AssertionError(
                f"type mismatch: {type(yes)} vs {type(no)}"
            )  # as torch.sym_ite does in eager
        return to_python(_chosen(expr_of(test), *values), scope)

    return choose


def _sort(what: Any) -> type:
    return bool if not isinstance(what, Expr) else float if what.is_float else int


def _is_zero(original: Original | None) -> Original:
    """`torch.sym_not` of a number: whether it is 0."""
    assert original is not None

    def sym_not(value: Any) -> Any:
        scope = scope_of(value)
        found = expr_of(value) if scope is not None else None
        if not isinstance(found, Expr) or scope is None:
            return original(value)
        return to_python(boolean.not_(boolean.truth(found)), scope)

    return sym_not


def _power_of_three(original: Original | None) -> Original:
    """`pow` with a modulus: Python asks only the type of the base."""
    assert original is not None

    def power(base: Any, exp: Any, mod: Any = None) -> Any:
        scope = scope_of(base, exp, mod)
        if scope is None or mod is None:
            return original(base, exp, mod)
        return to_python(domains.power(scope, number_of(base), number_of(exp), number_of(mod)), scope)

    return power


def _sym_float(original: Original | None) -> Original:
    assert original is not None
    return lambda value: original(as_float(value))


def _chosen(test: Any, yes: Any, no: Any) -> Any:
    if isinstance(yes, Expr) or isinstance(no, Expr):
        return boolean.if_else(test, as_number(yes), as_number(no))
    return boolean.or_(boolean.and_(test, yes), boolean.and_(boolean.not_(test), no))


def _methods() -> Mapping[tuple[Any, str], Replacement]:
    whole, real, truth = SYMBOLIC_CLASSES
    table: dict[tuple[Any, str], Replacement] = {
        **operators(),
        **{(owner, "__round__"): _rounded for owner in SYMBOLIC_CLASSES},
        (whole, "__invert__"): computed(_invert),
        (truth, "__invert__"): computed(_invert),
        (truth, "__neg__"): computed(lambda scope, a: arithmetic.neg(a)),
        **{(truth, f"__{name}__"): computed(lambda scope, a: a) for name in _UNCHANGED},
        (truth, "__sym_ite__"): _sym_ite,
        (builtins, "pow"): _power_of_three,
        (PYTORCH, "sym_ite"): _choose,
        (PYTORCH, "sym_not"): _is_zero,
        (PYTORCH, "sym_min"): computed(lambda scope, a, b: arithmetic.min_(a, b)),
        (PYTORCH, "sym_max"): computed(lambda scope, a, b: arithmetic.max_(a, b)),
        (PYTORCH, "sym_float"): _sym_float,
        (real, "__neg__"): _unary(operator.neg),
        (real, "__abs__"): _unary(operator.abs),
        **MATH_REPLACEMENTS,
        **LIST_REPLACEMENTS,
        **NUMPY_REPLACEMENTS,
    }
    for name in ("bit_count", "bit_length", "to_bytes"):
        table[whole, name] = _of_its_value(name)
    for owner in SYMBOLIC_CLASSES:
        table[owner, "real"] = _part(lambda a: a)
        table[owner, "imag"] = _part(lambda a: floating(0.0) if a.is_float else integer(0))
        table[owner, "__str__"] = _text_of_value
        table[owner, "__format__"] = _text_of_value
    for owner in (whole, truth):
        table[owner, "numerator"] = _part(lambda a: a)
        table[owner, "denominator"] = _part(lambda a: integer(1))
    return table


PYTHON_METHODS: Mapping[tuple[Any, str], Replacement] = _methods()
