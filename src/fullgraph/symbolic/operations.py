"""What each kind of expression means: the Python function that computes it from its operands' values.

This is the one definition of the meaning. Constants are folded with it, `evaluate` uses it, the graph
computes the same functions (`lower`), and the tests compare everything else with it. Only `ite` is missing:
it computes one of its two values, not both.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

# Python's own functions of one float (torch has a symbolic counterpart of each, `torch.sym_sqrt` ...).
MATH_FUNCTIONS = ("sqrt", "cos", "cosh", "sin", "sinh", "tan", "tanh", "asin", "acos", "atan", "log2")
# Those of which torch has none: a graph calls Python's.
FLOAT_FUNCTIONS = (
    *("exp", "expm1", "log", "log10", "log1p", "asinh", "acosh", "atanh", "erf", "erfc"),
    *("degrees", "radians"),
    *(name for name in ("cbrt", "exp2") if hasattr(math, name)),  # since Python 3.11
)
# Python's functions of several floats, and those of integers, to which none of the laws of `arithmetic` applies.
FLOATS_FUNCTIONS = ("atan2", "copysign", "fmod", "hypot", "nextafter", "remainder")
INTEGER_FUNCTIONS = ("comb", "factorial", "isqrt", "perm")
# Functions from a float to an integer.
ROUNDINGS = ("floor", "ceil", "trunc", "round")
# Comparisons of which one side is a float; those of integers are kinds of their own, see `boolean`.
FLOAT_COMPARISONS = ("float_eq", "float_lt", "float_le")


def _min(*values: Any) -> Any:
    # A float if any operand is one, as torch.sym_min; Python's own `min` returns the operand itself.
    return float(min(values)) if any(isinstance(v, float) for v in values) else min(values)


def _max(*values: Any) -> Any:
    return float(max(values)) if any(isinstance(v, float) for v in values) else max(values)


def _is_zero(value: int) -> bool:
    return value == 0


def _is_not_zero(value: int) -> bool:
    return value != 0


def _is_at_most_zero(value: int) -> bool:
    return value <= 0


def _all(*values: bool) -> bool:
    return all(values)


def _any(*values: bool) -> bool:
    return any(values)


def _product(*values: int) -> int:
    return math.prod(values)


PYTHON: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "abs": operator.abs,
    "min": _min,
    "max": _max,
    "product": _product,
    "gcd": math.gcd,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "bitand": operator.and_,
    "bitor": operator.or_,
    "bitxor": operator.xor,
    "to_float": float,
    "round_digits": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": round,
    "eq": _is_zero,
    "ne": _is_not_zero,
    "le": _is_at_most_zero,
    "and": _all,
    "or": _any,
    "not": operator.not_,
    "float_eq": operator.eq,
    "float_lt": operator.lt,
    "float_le": operator.le,
    **{
        name: getattr(math, name)
        for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS, *FLOATS_FUNCTIONS, *INTEGER_FUNCTIONS)
    },
}
