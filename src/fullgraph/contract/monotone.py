"""A comparison of what grows with a size, said of the size: `n / 2 <= 4` is `n <= 8`, `round(n / 2) >= 2` is `n >= 3`.

If both sides of a comparison are computed by operations that never fall where an operand rises, the comparison holds
from some size on, or up to some size. Python itself is asked which one that is, by halving the sizes that are possible.
So the two hold for the same sizes, rounding included: conversions, sums, products, quotients and roots of floats are
rounded to the nearest float, which never turns an order round. A power is not sure to be; but below `_EXACT_POWERS` the
roots of two sizes differ by far more than it is wrong by, and there the size that is found has to lie.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

from fullgraph.contract.symbols import evaluated
from fullgraph.symbolic import Bool, Expr, and_, eq, false, ge, le, lt, not_, or_, parts_of, true

# No size is larger.
_LARGEST: Final = 2**63 - 1
_EXACT_POWERS: Final = 2**40
_RISING: Final = ("to_float", "floor", "ceil", "trunc", "round", "min", "max", "add")
_COMPARISONS: Final = ("le", "eq", "float_le", "float_lt", "float_eq")


def said_of_size(fact: Bool, least: int) -> Bool:
    """Return a fact on one size as bounds of it, where that says the same; otherwise as it is.

    Args:
        fact: a fact.
        least: the smallest value that the size may have, 0 or more.
    """
    if len(fact.symbols) != 1:
        return fact
    (size,) = fact.symbols
    if fact.kind == "or":
        return or_(*(said_of_size(part, least) for part in fact.args))
    if fact.kind == "and":
        return and_(*(said_of_size(part, least) for part in fact.args))
    if fact.kind in ("not", "ne"):
        opposite = not_(fact)
        said = said_of_size(opposite, least)
        return fact if said is opposite else _from_least_on(not_(said), size, least)
    if fact.kind not in _COMPARISONS or _is_plain(fact):
        return fact
    found = _from_to(fact, size, least)
    if found is None:
        return fact
    first, last = found
    if first > last:
        return false
    if first == last:
        return eq(size, first)
    return and_(ge(size, first) if first > least else true, le(size, last) if last < _LARGEST else true)


def _from_least_on(fact: Bool, size: Expr, least: int) -> Bool:
    """Say `n == 0` for `n <= 0` of what is no less."""
    if fact.kind == "or":
        return or_(*(_from_least_on(part, size, least) for part in fact.args))
    return eq(size, least) if fact is le(size, least) else fact


def _is_plain(fact: Bool) -> bool:
    kinds = {atom.kind for each in fact.args for monomial in each.terms for atom in monomial}
    return fact.kind in ("le", "eq") and kinds <= {"symbol"} and all(len(m) < 2 for m in fact.args[0].terms)


def _from_to(fact: Bool, size: Expr, least: int) -> tuple[int, int] | None:
    """Return the first size for which a comparison holds, and the last; None if there may be gaps."""
    sides = fact.args if len(fact.args) == 2 else (fact.args[0], None)
    left = _direction(sides[0], size, least)
    right = 0 if sides[1] is None else _direction(sides[1], size, least)
    if left is None or right is None or left * right > 0 or left == right:
        return None
    grows = left > 0 or right < 0  # what is compared with 0, or with the other side
    bounds: list[int] = []
    if fact.kind in ("eq", "float_eq"):
        strict = _at_most(fact, strictly=True), _at_most(fact, strictly=False)
        below, up_to = (_count(each, size, least, holds_first=grows) for each in strict)
        if below is None or up_to is None:
            return None
        # While it grows, the sizes below come first, then those that are equal; otherwise those above do.
        bounds = [below, up_to - 1] if grows else [up_to, below - 1]
    else:
        turn = _count(fact, size, least, holds_first=grows)
        if turn is None:
            return None
        bounds = [least, turn - 1] if grows else [turn, _LARGEST]
    uses_powers = "pow" in {part.kind for part in parts_of(fact)}
    turns = [bound for bound in bounds if least < bound < _LARGEST]
    return None if uses_powers and any(turn > _EXACT_POWERS for turn in turns) else (bounds[0], bounds[1])


def _at_most(fact: Bool, *, strictly: bool) -> Bool:
    """Return the comparison `<` or `<=` in place of `==`."""
    if fact.kind == "eq":
        return le(fact.args[0], -1 if strictly else 0)
    return (lt if strictly else le)(*fact.args)


def _count(fact: Bool, size: Expr, least: int, *, holds_first: bool) -> int | None:
    """Return the first size for which a comparison that changes once has its second answer."""
    low, high = least, _LARGEST + 1
    while low < high:
        middle = (low + high) // 2
        answer = evaluated(fact, {size: middle})
        if answer is None:
            return None
        if bool(answer) == holds_first:
            low = middle + 1
        else:
            high = middle
    return low


def _direction(e: Expr, size: Expr, least: int) -> int | None:
    """Return 1 if an expression never falls where the size rises, -1 if it never rises, 0 if it is a constant."""
    if e.is_const:
        return 0
    if e is size:
        return 1
    if e.kind == "polynomial":
        return _common([_of_term(m, c, size, least) for m, c in e.terms.items() if m])
    if e.kind in _RISING:
        return _common([_direction(arg, size, least) for arg in e.args])
    if e.kind in ("sqrt", "pow"):
        is_root = e.kind == "sqrt" or (e.args[1].is_const and e.args[1].value == 0.5)
        return _direction(e.args[0], size, least) if is_root and _is_natural(e.args[0], size, least) else None
    if e.kind == "neg":
        return _times(_direction(e.args[0], size, least), -1)
    if e.kind == "sub":
        left, right = (_direction(arg, size, least) for arg in e.args)
        return _common([left, _times(right, -1)])
    if e.kind in ("mul", "truediv", "floordiv"):
        a, b = e.args[::-1] if e.kind == "mul" and e.args[0].is_const else e.args
        is_number = b.is_const and b.value and isfinite(b.value)
        return _times(_direction(a, size, least), _sign(b.value)) if is_number else None
    return None


def _of_term(monomial: tuple[Expr, ...], coefficient: int, size: Expr, least: int) -> int | None:
    if len(monomial) > 1 and not all(_is_natural(atom, size, least) for atom in monomial):
        return None
    return _times(_common([_direction(atom, size, least) for atom in monomial]), _sign(coefficient))


def _is_natural(e: Expr, size: Expr, least: int) -> bool:
    """Whether something that rises, or is constant, is never negative."""
    if _direction(e, size, least) not in (0, 1):
        return False
    lowest = evaluated(e, {size: least})
    return lowest is not None and lowest >= 0


def _common(directions: list[int | None]) -> int | None:
    """Return the direction of what rises with each of several things."""
    if None in directions:
        return None
    found = {direction for direction in directions if direction}
    return None if len(found) > 1 else found.pop() if found else 0


def _times(direction: int | None, sign: int) -> int | None:
    return None if direction is None else direction * sign


def _sign(number: float) -> int:
    return 1 if number > 0 else -1
