"""numpy's functions of one number on symbolic numbers.

numpy takes a symbolic number for an object that it does not know. Of such it calls a method with the name of the
function (`n.sqrt()`), or for some Python's own function, whose result it passes on: `numpy.ceil(n / 2)` would be an
integer, where it is a float, and a product with it another dtype.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from fullgraph.symbolic import domains, floats
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.python_math import scope_of
from fullgraph.symbolic.scalars import as_number
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

Original = Callable[..., Any]
Replacement = Callable[["Original | None"], Original]

_NUMPY: Any = sys.modules.get("numpy")  # PyTorch has imported it, where it is installed
_METHODS = ("sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "tanh")
_ROUNDINGS = {"ceil": "ceil", "floor": "floor", "trunc": "trunc", "rint": "round"}


def _function(name: str) -> Callable[[Scope, Expr], Expr]:
    return lambda scope, what: domains.function(name, what, scope)


def _rounded(name: str) -> Callable[[Scope, Expr], Expr]:
    def rounded(scope: Scope, what: Expr) -> Expr:
        if not what.is_float:
            return what if _keeps_integers(name) else floats.to_float(what)
        whole = domains.rounded(_ROUNDINGS[name], what, scope)
        return floats.of_floats("copysign", whole, what)  # a small negative number becomes -0.0

    return rounded


def _keeps_integers(name: str) -> bool:
    """Whether this version of numpy leaves an integer as it is."""
    return _NUMPY is not None and getattr(_NUMPY, name)(1).dtype.kind == "i"


def _round(original: Original | None) -> Original:
    """`numpy.round` leaves an integer as it is; of all else it calls the method `rint`."""
    assert original is not None

    def round_(number: Any, /, *args: Any, **options: Any) -> Any:
        is_whole = isinstance(number, SYMBOLIC_CLASSES[0]) and not args and not options
        return number if is_whole else original(number, *args, **options)

    return round_


def _of_symbolic(compute: Callable[[Scope, Expr], Expr]) -> Replacement:
    def replacement(original: Original | None) -> Original:
        def function(number: Any, /, *args: Any, **options: Any) -> Any:
            scope = scope_of(number)
            if scope is None:
                assert original is not None
                return original(number, *args, **options)
            return to_python(compute(scope, as_number(expr_of(number))), scope)

        return function

    return replacement


NUMPY_REPLACEMENTS: Mapping[tuple[Any, str], Replacement] = {
    **{
        (owner, name): _of_symbolic(compute)
        for owner in SYMBOLIC_CLASSES[:2]
        for name, compute in {
            **{name: _function(name) for name in _METHODS},
            "rint": _rounded("rint"),
        }.items()
    },
    **(
        {}
        if _NUMPY is None
        else {
            **{(_NUMPY, name): _of_symbolic(_rounded(name)) for name in _ROUNDINGS},
            **{(_NUMPY, name): _round for name in ("round", "around")},
        }
    ),
}
