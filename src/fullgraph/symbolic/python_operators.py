"""The operators of Python's three kinds of number, for symbolic ones: `+`, `//`, `&`, `<` and the others.

Each replacement computes what Python computes, for every pair of classes: a truth value is the integer 1 or 0, a number
of another library is left to that library, and what is an integer or a float is computed for both.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.domains import require_nonzero
from fullgraph.symbolic.either import is_either, operated
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.python_math import scope_of
from fullgraph.symbolic.scalars import as_number
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

Original = Callable[..., Any]
Replacement = Callable[["Original | None"], Original]
_PLAIN = (int, float, bool)
EXPRESSIBLE = (int, float, *SYMBOLIC_CLASSES)
_SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def operators() -> dict[tuple[Any, str], Replacement]:
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
            table[owner, f"__{name}__"] = computed(compute)
            table[owner, f"__r{name}__"] = computed(_swapped(compute))
    for name, compute in {**with_truths, **bits, **shifts}.items():
        if name not in binary:
            table[whole, f"__{name}__"] = _with_truth(compute)
            table[whole, f"__r{name}__"] = _with_truth(_swapped(compute))
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
        table[truth, f"__{name}__"] = computed(_asked(name))
    for owner in SYMBOLIC_CLASSES:
        for name in ("add", "sub", "mul", "truediv", "pow"):
            for place in ((owner, f"__{name}__"), (owner, f"__r{name}__")):
                table[place] = _with_others(place[1], table.get(place, _as_torch_has_it))
    for owner in (whole, real):
        for name in with_truths:
            for place in ((owner, f"__{name}__"), (owner, f"__r{name}__")):
                table[place] = _with_either(place[1], table.get(place, _as_torch_has_it))
    return table


def computed(compute: Callable[..., Any], fallback: Any = NotImplemented) -> Replacement:
    """Make a replacement that calls `compute(scope, *operands)` on the expressions of numbers."""

    def replacement(original: Original | None) -> Original:
        def method(*operands: Any) -> Any:
            scope = scope_of(*operands)
            if scope is None or not all(isinstance(x, EXPRESSIBLE) for x in operands):
                return original(*operands) if original is not None else fallback
            found = compute(scope, *map(number_of, operands))
            if isinstance(found, tuple):
                return tuple(to_python(each, scope) for each in found)
            return to_python(found, scope)

        return method

    return replacement


def number_of(value: Any) -> Expr:
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


def _asked(comparison: str) -> Callable[[Scope, Expr, Expr], Any]:
    ask = getattr(boolean, comparison)
    return lambda scope, a, b: ask(a, b)


def _swapped(compute: Callable[..., Any]) -> Callable[[Scope, Expr, Expr], Any]:
    return lambda scope, a, b: compute(scope, b, a)


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


def _exact_comparison(name: str) -> Replacement:
    """Compare two numbers as they are, as Python does; PyTorch rounds an integer that meets a float."""

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def compare(a: Any, b: Any) -> Any:
            if is_either(b) and not is_either(a):
                return getattr(operator, _SWAPPED[name])(b, a)
            if scope_of(a) is not None and isinstance(b, numbers.Number) and not isinstance(b, EXPRESSIBLE):
                return (
                    getattr(a, f"__{name}__")(int(b)) if isinstance(b, numbers.Integral) else NotImplemented
                )
            other = _operand(a, b)
            if other is None:
                return original(a, b)
            found = getattr(a.node, name)(other)
            return found.expr.value if found.expr.is_const else SYMBOLIC_CLASSES[2](found)

        return compare

    return replacement


def _with_truth(compute: Callable[..., Any]) -> Replacement:
    """Compute with a truth value as the 1 or 0 that it is in Python; other operands are PyTorch's matter."""
    with_both = computed(compute)

    def replacement(original: Original | None) -> Original:
        assert original is not None
        of_numbers = with_both(original)

        def method(a: Any, b: Any) -> Any:
            return (of_numbers if isinstance(b, (bool, SYMBOLIC_CLASSES[2])) else original)(a, _plain(b))

        return method

    return replacement


def _plain(value: Any) -> Any:
    """Return a number of a subclass, as a member of an `IntEnum` is, as the number that it is; PyTorch takes none."""
    if type(value) in _PLAIN or not isinstance(value, (int, float)):
        return value
    return int(value) if isinstance(value, int) else float(value)


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
                return to_python(of_integers(number_of(a), number_of(b)), scope)
            return NotImplemented

        return connect

    return replacement


def _shifted(shift: Callable[[Expr, Expr], Expr]) -> Callable[[Scope, Expr, Expr], Expr]:
    def shifted(scope: Scope, a: Expr, b: Expr) -> Expr:
        domains.require(scope, boolean.ge(b, 0), ValueError("negative shift count"))
        return shift(a, b)

    return shifted


def _with_others(name: str, computed: Replacement) -> Replacement:
    """Leave numbers of other classes (fractions, decimals) to those classes, as Python's numbers do.

    A complex number is no operand of an expression: what meets one is asked for its value.
    """

    def replacement(original: Original | None) -> Original:
        of_numbers = computed(original)

        def method(a: Any, b: Any) -> Any:
            if isinstance(b, EXPRESSIBLE) or not isinstance(b, numbers.Number):
                return of_numbers(a, b)
            scope = scope_of(a)
            if isinstance(b, numbers.Integral):  # of numpy
                return of_numbers(a, int(b))
            if isinstance(b, complex) and scope is not None:
                return getattr(complex(scope.value_of(number_of(a))), name)(b)
            return NotImplemented

        return method

    return replacement


def _with_either(name: str, method: Replacement) -> Replacement:
    """Compute with a number that is an integer or a float (`either`)."""
    plain = name.strip("_")
    reverses = plain.startswith("r") and plain != "rshift"
    plain = plain[1:] if reverses else plain

    def replacement(original: Original | None) -> Original:
        usual = method(original)

        def operate(a: Any, b: Any) -> Any:
            if isinstance(b, (int, float)) and type(b) not in _PLAIN:
                b = (
                    int(b) if isinstance(b, int) else float(b)
                )  # PyTorch takes no subclasses: members of an `IntEnum`
            if not (is_either(a) or is_either(b)) or not isinstance(b, EXPRESSIBLE):
                return usual(a, b)
            return operated(plain, b, a) if reverses else operated(plain, a, b)

        return operate

    return replacement


def _as_torch_has_it(original: Original | None) -> Original:
    assert original is not None
    return original
