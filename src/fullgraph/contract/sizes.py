"""`Sizes`: which sizes a dim may have, as its user says it."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass

from fullgraph.errors import SpecError


@dataclass(frozen=True)
class Sizes:
    """The sizes that a dim may have.

    Args:
        min: the smallest; None when the user gave none.
        max: the largest; None for no bound.
        values: the only ones, in order, if they were listed.
    """

    min: int | None = None
    max: int | None = None
    values: tuple[int, ...] | None = None

    def __contains__(self, size: int) -> bool:
        if self.values is not None:
            return size in self.values
        return (self.min or 0) <= size and (self.max is None or size <= self.max)

    def __str__(self) -> str:
        """`2..8`, `2..oo`, or `{640, 1280}`."""
        if self.values is not None:
            return "{" + ", ".join(map(str, self.values)) + "}"
        return f"{self.min or 0}..{'oo' if self.max is None else self.max}"

    @property
    def arguments(self) -> str:
        """As the arguments of `Dim`: `min=2, max=8`; empty when nothing was said."""
        if self.values is not None:
            return f"values={list(self.values)}"
        given = (("min", self.min), ("max", self.max))
        return ", ".join(f"{name}={size}" for name, size in given if size is not None)


ANY_SIZE = Sizes()


def sizes_of_arguments(owner: str, low: int | None, high: int | None, values: Iterable[int] | None) -> Sizes:
    """Return what these arguments of a dim say.

    Raises:
        SpecError: they leave no size, or are no sizes.
    """
    if values is not None and (low is not None or high is not None):
        raise SpecError(
            f"{owner} has both `values` and a range.", instead="list the values, or give `min` and `max`"
        )
    if values is not None and not isinstance(values, Iterable):
        raise SpecError(
            f"{owner} has the values {values!r}, which is no list of sizes.", instead=f"values=[{values}]"
        )
    listed = None if values is None else tuple(sorted({_size(owner, value) for value in values}))
    low, high = (None if bound is None else _size(owner, bound) for bound in (low, high))
    if listed == () or (low is not None and high is not None and low > high):
        raise SpecError(
            f"{owner} leaves no size: {'no values' if listed == () else f'{low}..{high}'}.",
            instead="a `max` that is not below `min`, at least one value in `values`",
        )
    return Sizes(low, high, listed)


def whole(number: object) -> int | None:
    """Return an integer of any library as Python's own; None for what is none."""
    try:
        return None if isinstance(number, bool) else operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return None


def _size(owner: str, number: object) -> int:
    size = whole(number)
    if size is None:
        raise SpecError(
            f"{owner} has a size that is no integer: {number!r}.", instead="sizes such as min=1, max=64"
        )
    return size


def merge_sizes(name: str, a: Sizes, b: Sizes) -> Sizes:
    """Return the sizes that two mentions of a name agree on; a mention without a range agrees with any."""
    if b in (a, ANY_SIZE):
        return a
    if a == ANY_SIZE:
        return b
    raise SpecError(
        f"Dim {name!r} is given two ranges: {a} and {b}.",
        why="A name stands for one size, wherever it appears.",
        instead=f"one `Dim({name!r}, ...)` used in each place, or two names",
    )
