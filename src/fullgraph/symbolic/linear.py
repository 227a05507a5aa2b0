"""Linear conditions on integers: numbers that satisfy all of them, or the certainty that there are none.

This is the Omega test (W. Pugh, 1991): unknowns are eliminated one after the other.

* *An equality* is solved for an unknown with the coefficient 1 or -1. Where none has it, `a*x + ... + c == 0` with
  the smallest |a| becomes `a*t + (what is left modulo a) == 0` with x put in terms of t: Euclid's algorithm. A common
  divisor of the coefficients that does not divide c leaves no solution.
* *An unknown x of inequalities* has bounds `a*x >= L` and `b*x <= U`. Each pair gives `b*L <= a*U`, without x. If all
  a or all b are 1, the pairs together say just that there is such an x. Otherwise what they say is only necessary; and
  it is sufficient if each pair leaves room for (a-1)*(b-1) more. In between, if there is an x at all, then one near a
  lower bound: `a*x == L + i` for some small i, and each of these is tried.
* Inequalities are divided by what is common to their coefficients and rounded, so `2*x >= 1` is `x >= 1`.

Numbers that are found are put back in the opposite order, so the answer is a witness. The work is bounded: what takes
more raises `GaveUp`, and is no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

# The coefficient of each unknown; that of `ONE` is the constant term.
Row: TypeAlias = dict[int, int]
# A form's coefficients, as they are looked up.
Key: TypeAlias = tuple[tuple[int, int], ...]
Numbers: TypeAlias = dict[int, int]
Forms: TypeAlias = "dict[Key, Form]"
ONE: Final = -1
_MOST_UNKNOWNS: Final = 60


class GaveUp(Exception):
    """The search would take more work than it may."""


class Form(NamedTuple):
    """A sum without constant term, with its bounds; the first coefficient is positive, and nothing divides all."""

    coefficients: Row
    least: int | None
    most: int | None

    def rows(self) -> Iterator[Row]:
        """Yield what the bounds say as rows that are to be 0 or less."""
        if self.least is not None:
            yield _row(self.coefficients, -1, self.least)
        if self.most is not None:
            yield _row(self.coefficients, 1, self.most)


@dataclass
class Work:
    """How many rows may still be made, and the number of the next unknown; and which numbers are liked best."""

    left: int
    fresh: int
    prefers_large: bool = False

    def spend(self, amount: int) -> None:
        """Take note of work."""
        self.left -= amount
        if self.left < 0:
            raise GaveUp

    def new_unknown(self) -> int:
        """Return an unknown that was not there before."""
        self.fresh += 1
        return self.fresh - 1


def solution(equal: Iterable[Row], at_most: Iterable[Row], work: Work) -> Numbers | None:
    """Find numbers with which each row of `equal` is 0 and each row of `at_most` is 0 or less.

    Args:
        equal: rows that are to be 0.
        at_most: rows that are to be 0 or less.
        work: how much may be done.

    Returns:
        A number for each unknown that matters, or None if there are none; others may be anything.

    Raises:
        GaveUp: it takes more work.
    """
    equalities, inequalities = list(equal), list(at_most)
    solved: list[tuple[int, Row]] = []
    while equalities:
        row = equalities.pop()
        common = math.gcd(*(c for x, c in row.items() if x != ONE))
        constant = row.get(ONE, 0)
        if common == 0:
            if constant:
                return None
            continue
        if constant % common:
            return None
        x, value, rest = _solved({y: c // common for y, c in row.items()}, work)
        if rest is not None:
            equalities.append(rest)
        work.spend(1 + (len(equalities) + len(inequalities)) // 4)
        equalities = [_put(other, x, value) for other in equalities]
        inequalities = [_put(other, x, value) for other in inequalities]
        solved.append((x, value))
    found = _with({}, inequalities, work)
    if found is not None:
        for x, value in reversed(solved):
            found[x] = value_of(value, found)
    return found


def value_of(row: Row, numbers: Numbers) -> int:
    """Return what a row is for these numbers; an unknown without one is 0."""
    return sum(c if x == ONE else c * numbers.get(x, 0) for x, c in row.items())


def _solved(row: Row, work: Work) -> tuple[int, Row, Row | None]:
    """Solve an equality for an unknown. Returns it, what it is, and the equality that is left, if one is."""
    x = min((y for y in row if y != ONE), key=lambda y: abs(row[y]))
    a = row[x]
    if abs(a) == 1:
        return x, {y: -a * c for y, c in row.items() if y != x}, None
    t = work.new_unknown()
    value = {t: 1, **{y: -(c // a) for y, c in row.items() if y != x and c // a}}
    rest = {t: a, **{y: c % a for y, c in row.items() if y != x and c % a}}
    return x, value, rest


def _put(row: Row, x: int, value: Row) -> Row:
    """Return a row with an unknown replaced."""
    factor = row.get(x)
    if factor is None:
        return row
    found = {y: c for y, c in row.items() if y != x}
    for y, c in value.items():
        total = found.get(y, 0) + factor * c
        if total:
            found[y] = total
        else:
            found.pop(y, None)
    return found


def _solution_of_inequalities(forms: Forms, work: Work) -> Numbers | None:
    points = [form for form in forms.values() if form.least == form.most]
    if points:
        equal = [_row(form.coefficients, 1, form.most) for form in points]
        return solution(
            equal, [row for form in forms.values() if form.least != form.most for row in form.rows()], work
        )
    if not forms:
        return {}
    x, is_exact = _easiest(forms)
    others = {key: form for key, form in forms.items() if x not in form.coefficients}
    rows = [row for form in forms.values() if x in form.coefficients for row in form.rows()]
    lower = [row for row in rows if row[x] < 0]
    upper = [row for row in rows if row[x] > 0]
    work.spend(1 + len(lower) * len(upper))
    found = _with(others, _pairs(x, lower, upper, dark=False), work)
    if found is None or _fit(x, lower, upper, found, work.prefers_large):
        return found
    assert not is_exact, "an integer lies between bounds one of which has the coefficient 1"
    found = _with(others, _pairs(x, lower, upper, dark=True), work)
    if found is not None and _fit(x, lower, upper, found, work.prefers_large):
        return found
    return _near_a_bound(x, lower, upper, [row for form in forms.values() for row in form.rows()], work)


def _with(forms: Forms, rows: Iterable[Row], work: Work) -> Numbers | None:
    """Return a solution of the forms within their bounds, and of more rows."""
    together = dict(forms)
    return _solution_of_inequalities(together, work) if all(_add(together, row) for row in rows) else None


def _near_a_bound(x: int, lower: list[Row], upper: list[Row], rows: list[Row], work: Work) -> Numbers | None:
    largest = max(row[x] for row in upper)
    for row in lower:
        a = -row[x]
        for i in range((a * largest - a - largest) // largest + 1):
            found = solution([{**row, ONE: row.get(ONE, 0) + i}], rows, work)
            if found is not None:
                return found
    return None


def _add(forms: Forms, row: Row) -> bool:
    """Note what a row says of its form; return False if that leaves it no value."""
    items = sorted(row.items())  # the constant term comes first
    constant = items.pop(0)[1] if items and items[0][0] == ONE else 0
    if not items:
        return constant <= 0
    common = math.gcd(*(c for _, c in items))
    if items[0][1] < 0:
        common = -common
    key = tuple(items) if common == 1 else tuple((x, c // common) for x, c in items)
    known = forms.get(key)
    least, most = (None, None) if known is None else (known.least, known.most)
    if common > 0:
        limit = -constant // common
        if most is not None and most <= limit:
            return True
        most = limit
    else:
        limit = -(-constant // -common)
        if least is not None and least >= limit:
            return True
        least = limit
    forms[key] = Form(dict(key) if known is None else known.coefficients, least, most)
    return least is None or most is None or least <= most


def _row(coefficients: Row, sign: int, bound: int | None) -> Row:
    """Return `sign * (form - bound)` as a row."""
    row = {x: sign * c for x, c in coefficients.items()}
    if bound:
        row[ONE] = -sign * bound
    return row


def _easiest(forms: Forms) -> tuple[int, bool]:
    """Return the unknown that is eliminated exactly, and with the fewest new rows, if one is."""
    lower, upper = dict[int, int](), dict[int, int]()
    steep_below, steep_above = set[int](), set[int]()
    for form in forms.values():
        has_least, has_most = form.least is not None, form.most is not None
        for x, c in form.coefficients.items():
            below, above = (has_least, has_most) if c > 0 else (has_most, has_least)
            lower[x] = lower.get(x, 0) + below
            upper[x] = upper.get(x, 0) + above
            if abs(c) != 1:
                if below:
                    steep_below.add(x)
                if above:
                    steep_above.add(x)
    if len(lower) > _MOST_UNKNOWNS:
        raise GaveUp
    inexact = steep_below & steep_above

    def cost(x: int) -> tuple[bool, int]:
        return x in inexact, lower[x] * upper[x] - lower[x] - upper[x]

    best = min(lower, key=cost)
    return best, best not in inexact


def _pairs(x: int, lower: list[Row], upper: list[Row], dark: bool) -> Iterator[Row]:
    """Yield what each lower bound of an unknown and each upper one say together, without it."""
    for below in lower:
        a = -below[x]
        for above in upper:
            b = above[x]
            row = {y: a * c for y, c in above.items()} if a != 1 else dict(above)
            for y, c in below.items():
                total = row.get(y, 0) + b * c
                if total:
                    row[y] = total
                else:
                    row.pop(y, None)
            if dark and a != 1 and b != 1:
                row[ONE] = row.get(ONE, 0) + (a - 1) * (b - 1)
            yield row


def _fit(x: int, lower: list[Row], upper: list[Row], found: Numbers, prefers_large: bool) -> bool:
    """Give the unknown a number between its bounds; return whether there is one."""
    found[x] = 0
    least = max((-(-value_of(row, found) // -row[x]) for row in lower), default=None)
    most = min((-value_of(row, found) // row[x] for row in upper), default=None)
    if least is not None and most is not None and least > most:
        del found[x]
        return False
    first, second = (most, least) if prefers_large else (least, most)
    found[x] = first if first is not None else second if second is not None else 0
    return True
