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
import numbers
import operator
from collections.abc import Callable, Mapping
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.domains import require_nonzero
from fullgraph.symbolic.expr import Expr, floating, integer
from fullgraph.symbolic.python_lists import LIST_REPLACEMENTS
from fullgraph.symbolic.python_math import MATH_REPLACEMENTS, scope_of
from fullgraph.symbolic.python_numpy import NUMPY_REPLACEMENTS
from fullgraph.symbolic.scalars import as_number
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import PYTORCH, SYMBOLIC_CLASSES, expr_of, to_python

Original = Callable[..., Any]
Replacement = Callable[["Original | None"], Original]

# What makes an integer of a truth value, and nothing more.
_UNCHANGED = ("pos", "abs", "floor", "ceil", "trunc")
_EXPRESSIBLE = (int, float, *SYMBOLIC_CLASSES)


def _computed(compute: Callable[..., Any], fallback: Any = NotImplemented) -> Replacement:
    """Make a replacement that calls `compute(scope, *operands)` on the expressions of numbers."""

    def replacement(original: Original | None) -> Original:
        def method(*operands: Any) -> Any:
            scope = scope_of(*operands)
            if scope is None or not all(isinstance(x, _EXPRESSIBLE) for x in operands):
                return original(*operands) if original is not None else fallback
            found = compute(scope, *map(_number, operands))
            if isinstance(found, tuple):
                return tuple(to_python(each, scope) for each in found)
            return to_python(found, scope)

        return method

    return replacement


def _number(value: Any) -> Expr:
    return as_number(expr_of(value))


def _floordiv(scope: Scope, a: Expr, b: Expr) -> Expr:
    require_nonzero(scope, b)
    return arithmetic.floordiv(a, b)


def _mod(scope: Scope, a: Expr, b: Expr) -> Expr:
    require_nonzero(scope, b)
    return arithmetic.mod(a, b)


def _divmod(scope: Scope, a: Expr, b: Expr) -> tuple[Expr, Expr]:
    return _floordiv(scope, a, b), _mod(scope, a, b)


def _truediv(scope: Scope, a: Expr, b: Expr) -> Expr:
    require_nonzero(scope, b)
    return arithmetic.truediv(a, b)


def _of_two(compute: Callable[[Expr, Expr], Expr]) -> Callable[[Scope, Expr, Expr], Expr]:
    return lambda scope, a, b: compute(a, b)


def _invert(scope: Scope, a: Expr) -> Expr:
    return arithmetic.invert(a)


def _asked(comparison: str) -> Callable[[Scope, Expr, Expr], Any]:
    ask = getattr(boolean, comparison)
    return lambda scope, a, b: ask(a, b)


def _swapped(compute: Callable[..., Any]) -> Callable[[Scope, Expr, Expr], Any]:
    return lambda scope, a, b: compute(scope, b, a)


def _rounded(original: Original | None) -> Original:
    def round_(number: Any, ndigits: Any = None) -> Any:
        scope = scope_of(number)
        if scope is None:
            assert original is not None
            return original(number, ndigits)
        expr = _number(number)
        if ndigits is None:
            return to_python(domains.rounded("round", expr, scope), scope)
        asked = scope_of(ndigits)
        digits: Any = ndigits if asked is None else asked.value_of(_number(ndigits))
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


def _operand(a: Any, b: Any) -> Any:
    """Return the node of the number `b` as it is, for an operation of the node of `a`; None if they are not ours."""
    if scope_of(a) is None:
        return None
    if isinstance(b, int):
        return a.node.wrap_int(int(b))
    if isinstance(b, float):
        return a.node.wrap_float(float(b))
    if scope_of(b) is None:
        return None
    return b.node.sym_int() if b.node.is_bool() else b.node


def _of_its_value(name: str) -> Replacement:
    """A method of Python's integers that works on the digits: it asks for the one value."""

    def replacement(original: Original | None) -> Original:
        def method(number: Any, *args: Any, **options: Any) -> Any:
            scope = scope_of(number)
            value = number.__index__() if scope is None else int(scope.value_of(_number(number)))
            return getattr(value, name)(*args, **options)

        return method

    return replacement


def _exact_comparison(name: str) -> Replacement:
    """Compare two numbers as they are, as Python does; PyTorch rounds an integer that meets a float."""

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def compare(a: Any, b: Any) -> Any:
            other = _operand(a, b)
            if other is None:
                return original(a, b)
            found = getattr(a.node, name)(other)
            return found.expr.value if found.expr.is_const else SYMBOLIC_CLASSES[2](found)

        return compare

    return replacement


def _with_truth(compute: Callable[..., Any]) -> Replacement:
    """Compute with a truth value as the 1 or 0 that it is in Python; other operands are PyTorch's matter."""
    computed = _computed(compute)

    def replacement(original: Original | None) -> Original:
        assert original is not None
        of_numbers = computed(original)

        def method(a: Any, b: Any) -> Any:
            return (of_numbers if isinstance(b, (bool, SYMBOLIC_CLASSES[2])) else original)(a, b)

        return method

    return replacement


def _exclusive(p: Bool, q: Bool) -> Bool:
    return boolean.and_(boolean.or_(p, q), boolean.not_(boolean.and_(p, q)))


def _connected(
    of_truths: Callable[[Bool, Bool], Bool], of_integers: Callable[[Expr, Expr], Expr]
) -> Replacement:
    """`&`, `|` and `^` of two truth values are one again; with an integer, a truth value is the integer 1 or 0."""

    def replacement(original: Original | None) -> Original:
        def connect(a: Any, b: Any) -> Any:
            scope = scope_of(a)
            if scope is None:
                return NotImplemented if original is None else original(a, b)
            if isinstance(b, (bool, SYMBOLIC_CLASSES[2])):
                return to_python(of_truths(expr_of(a), expr_of(b)), scope)
            if isinstance(b, (int, SYMBOLIC_CLASSES[0])):
                return to_python(of_integers(_number(a), _number(b)), scope)
            return NotImplemented

        return connect

    return replacement


def _shifted(shift: Callable[[Expr, Expr], Expr]) -> Callable[[Scope, Expr, Expr], Expr]:
    def shifted(scope: Scope, a: Expr, b: Expr) -> Expr:
        domains.require(scope, boolean.ge(b, 0), ValueError("negative shift count"))
        return shift(a, b)

    return shifted


def _part(compute: Callable[[Expr], Expr]) -> Replacement:
    """An attribute that Python's numbers compute."""

    def replacement(original: Original | None) -> Any:
        def part(number: Any) -> Any:
            scope = scope_of(number)
            if scope is None:
                raise AttributeError(f"{type(number).__name__!r} object has no such attribute")
            return to_python(compute(_number(number)), scope)

        return property(part)

    return replacement


def _with_others(name: str, computed: Replacement) -> Replacement:
    """Leave numbers of other classes (fractions, decimals) to those classes, as Python's numbers do.

    A complex number is no operand of an expression: what meets one is asked for its value.
    """

    def replacement(original: Original | None) -> Original:
        of_numbers = computed(original)

        def method(a: Any, b: Any) -> Any:
            if isinstance(b, _EXPRESSIBLE) or not isinstance(b, numbers.Number):
                return of_numbers(a, b)
            scope = scope_of(a)
            if isinstance(b, numbers.Integral):  # of numpy
                return of_numbers(a, int(b))
            if isinstance(b, complex) and scope is not None:
                return getattr(complex(scope.value_of(_number(a))), name)(b)
            return NotImplemented

        return method

    return replacement


def _as_torch_has_it(original: Original | None) -> Original:
    assert original is not None
    return original


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
        return to_python(domains.power(scope, _number(base), _number(exp), _number(mod)), scope)

    return power


def _chosen(test: Any, yes: Any, no: Any) -> Any:
    if isinstance(yes, Expr) or isinstance(no, Expr):
        return boolean.if_else(test, as_number(yes), as_number(no))
    return boolean.or_(boolean.and_(test, yes), boolean.and_(boolean.not_(test), no))


def _operators() -> dict[tuple[Any, str], Replacement]:
    """Return what stands for the operators of the three classes."""
    whole, real, truth = SYMBOLIC_CLASSES
    binary: dict[str, Callable[[Scope, Expr, Expr], Any]] = {
        "floordiv": _floordiv,
        "divmod": _divmod,
        "pow": domains.power,
    }
    # PyTorch's floats ask a truth value for its answer, and its truth values have no arithmetic at all.
    with_truths: dict[str, Callable[..., Any]] = {
        **{name: _of_two(getattr(arithmetic, name)) for name in ("add", "sub", "mul")},
        "mod": _mod,
        "truediv": _truediv,
        **binary,
    }
    shifts = {name: _shifted(getattr(arithmetic, name)) for name in ("lshift", "rshift")}
    bits = {name: _of_two(getattr(arithmetic, f"bit{name}")) for name in ("and", "or", "xor")}
    table: dict[tuple[Any, str], Replacement] = {}
    for owner, operations in ((whole, binary), (real, with_truths), (truth, {**with_truths, **shifts})):
        for name, compute in operations.items():
            table[owner, f"__{name}__"] = _computed(compute)
            table[owner, f"__r{name}__"] = _computed(_swapped(compute))
    for name, compute in {**with_truths, **bits, **shifts}.items():
        if name not in binary:
            table[whole, f"__{name}__"] = _with_truth(compute)
    connected: dict[str, Callable[[Bool, Bool], Bool]] = {
        "and": boolean.and_,
        "or": boolean.or_,
        "xor": _exclusive,
    }
    for name, connect in connected.items():
        method = _connected(connect, getattr(arithmetic, f"bit{name}"))
        table[truth, f"__{name}__"] = table[truth, f"__r{name}__"] = method
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        table[whole, f"__{name}__"] = table[real, f"__{name}__"] = _exact_comparison(name)
        table[truth, f"__{name}__"] = _computed(_asked(name))
    for owner in SYMBOLIC_CLASSES:
        for name in ("add", "sub", "mul", "truediv", "pow"):
            for place in ((owner, f"__{name}__"), (owner, f"__r{name}__")):
                table[place] = _with_others(place[1], table.get(place, _as_torch_has_it))
    return table


def _methods() -> Mapping[tuple[Any, str], Replacement]:
    whole, _, truth = SYMBOLIC_CLASSES
    table: dict[tuple[Any, str], Replacement] = {
        **_operators(),
        **{(owner, "__round__"): _rounded for owner in SYMBOLIC_CLASSES},
        (whole, "__invert__"): _computed(_invert),
        (truth, "__invert__"): _computed(_invert),
        (truth, "__neg__"): _computed(lambda scope, a: arithmetic.neg(a)),
        **{(truth, f"__{name}__"): _computed(lambda scope, a: a) for name in _UNCHANGED},
        (truth, "__sym_ite__"): _sym_ite,
        (builtins, "pow"): _power_of_three,
        (PYTORCH, "sym_ite"): _choose,
        (PYTORCH, "sym_not"): _is_zero,
        (PYTORCH, "sym_min"): _computed(lambda scope, a, b: arithmetic.min_(a, b)),
        (PYTORCH, "sym_max"): _computed(lambda scope, a, b: arithmetic.max_(a, b)),
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
