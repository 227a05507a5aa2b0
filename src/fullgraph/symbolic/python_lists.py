"""`min`, `max` and `sorted` of sizes, as expressions: Python's own ask whether one is smaller than another.

With a `key`, or of anything but numbers (for `sorted`, integers), Python's own stay.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from fullgraph.symbolic import arithmetic, boolean
from fullgraph.symbolic.either import chosen, compared, parts_of, to_either
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.python_math import Original, scope_of
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python

_SORTS = {int: int, SYMBOLIC_CLASSES[0]: int, float: float, SYMBOLIC_CLASSES[1]: float}
# The last of n sorted sizes is made of about n*n/2 extremes; longer lists are Python's own matter.
_LONGEST_SORTED = 8


def _extreme(kind: str) -> Callable[[Original | None], Original]:
    combine = arithmetic.min_ if kind == "min" else arithmetic.max_
    wins = boolean.lt if kind == "min" else boolean.gt

    def of_any(values: tuple[Any, ...], scope: Scope) -> Any:
        # Python keeps the first one that no other wins over, as it is: with nan, the order matters.
        first, *others = map(parts_of, values)
        for other in others:
            first = chosen(compared(wins, other, first), other, first)
        return to_either(first, scope)

    def replacement(original: Original | None) -> Original:
        assert original is not None

        def extreme(*args: Any, **options: Any) -> Any:
            if options.get("key") is not None or not args:
                return original(*args, **options)
            values: tuple[Any, ...] = tuple(args[0]) if len(args) == 1 else args
            scope = scope_of(*values)
            sorts = {_SORTS.get(type(value)) for value in values}
            if scope is None or None in sorts or (len(args) > 1 and options):
                return original(values, **options) if len(args) == 1 else original(*values, **options)
            if sorts != {int}:
                return of_any(values, scope)
            return to_python(reduce(combine, map(expr_of, values)), scope)

        return extreme

    return replacement


def _sorted(original: Original | None) -> Original:
    assert original is not None

    def sort(values: Iterable[Any], /, *, key: Any = None, reverse: Any = False) -> list[Any]:
        items = list(values)
        scope = scope_of(*items)
        whole = all(_SORTS.get(type(item)) is int for item in items)
        if scope is None or key is not None or not whole or len(items) > _LONGEST_SORTED:
            return original(items, key=key, reverse=reverse)
        ordered: list[Expr] = []
        for item in items:
            left = expr_of(item)
            for index, other in enumerate(ordered):  # the smaller stays, the larger goes on
                ordered[index] = scope.simplify(arithmetic.min_(other, left))
                left = scope.simplify(arithmetic.max_(other, left))
            ordered.append(left)
        return [to_python(each, scope) for each in (reversed(ordered) if reverse else ordered)]

    return sort


LIST_REPLACEMENTS: Mapping[tuple[Any, str], Callable[[Original | None], Original]] = {
    (builtins, "min"): _extreme("min"),
    (builtins, "max"): _extreme("max"),
    (builtins, "sorted"): _sorted,
}
