"""Differences and sums of neighbours along a dim: `diff`, `gradient`, the trapezoid rule.

That a dim is long enough is checked by the operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import Dims, axes, axis, larger, minus, replaced, total, without
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, dims_rule, rule


@dims_rule("diff")
def diff(
    scope: Scope,
    self: Shaped,
    n: int = 1,
    dim: int = -1,
    prepend: Shaped | None = None,
    append: Shaped | None = None,
) -> Dims | None:
    """Differences of neighbours, n times; none are left of a dim that is too short."""
    if not self.dims or not isinstance(n, int) or n < 0:
        return None
    at = axis(dim, len(self.dims))
    parts = [each for each in (prepend, self, append) if each is not None]
    if any(len(each.dims) != len(self.dims) for each in parts):
        return None  # one number is added at the end
    length = total(each.dims[at] for each in parts)
    return replaced(self.dims, at, larger(minus(length, n), 0, scope))


@rule(
    """
    gradient.scalarint gradient.scalararray gradient.array gradient.scalarrayint gradient.scalarrayarray
    gradient.tensorarrayint gradient.tensorarray
    """
)
def gradient(
    scope: Scope, self: Shaped, *, dim: int | Sequence[int] | None = None, **options: Any
) -> list[Out] | None:
    """A slope for each element, along each of the dims."""
    if not (self.dtype.is_floating_point or self.dtype.is_complex) or not self.dims:
        return None
    return [Out(self.dims, self.dtype, self.device)] * len(axes(dim, len(self.dims)))


@rule("trapezoid.dx trapezoid.x trapz.dx trapz.x")
def trapezoid(scope: Scope, y: Shaped, x: Shaped | None = None, *, dx: Any = 1, dim: int = -1) -> Out | None:
    """The area under a curve."""
    areas = _areas(scope, y, x, dx, dim)
    return None if areas is None else Out(without(areas, axis(dim, len(y.dims))), y.dtype, y.device)


@rule("cumulative_trapezoid.dx cumulative_trapezoid.x")
def cumulative_trapezoid(
    scope: Scope, y: Shaped, x: Shaped | None = None, *, dx: Any = 1, dim: int = -1
) -> Out | None:
    """The area under a curve up to each point but the first."""
    areas = _areas(scope, y, x, dx, dim)
    if areas is None:
        return None
    at = axis(dim, len(y.dims))
    return Out(replaced(areas, at, larger(minus(y.dims[at], 1), 0, scope)), y.dtype, y.device)


def _areas(scope: Scope, y: Shaped, x: Shaped | None, dx: Any, dim: int) -> Dims | None:
    """Return the sizes of y with those of x broadcast, which has them all or is a vector along the dim."""
    if not y.dims or not y.dtype.is_floating_point or isinstance(dx, complex):
        return None
    if x is None or len(x.dims) == 1:
        return y.dims if x is None or x.dtype == y.dtype else None
    if x.dtype != y.dtype or len(x.dims) != len(y.dims):
        return None
    return broadcast([y.dims, x.dims], scope)
