"""Sizes as the rules compute with them: plain integers where they are known, expressions where they are not.

A model has mostly static sizes, so each function first tries Python's own integers. Questions come in two kinds:

* `ask`: the operator does one thing or another, and both are legal (broadcast a size of 1, drop a dim of size 1).
* `require`: the operator raises unless it holds, and later questions need the fact (equal sizes in a matmul).

What the operator checks by itself and nothing later needs (an index below a size, a kernel no larger than its
input) is not asked at all: the program performs the same operator, and raises where eager raises. Asking would take
sizes away from the contract for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fullgraph.symbolic import (
    Bool,
    Expr,
    Scope,
    add,
    and_,
    eq,
    exactly_divided,
    expression,
    floordiv,
    ge,
    if_else,
    le,
    lt,
    max_,
    min_,
    mod,
    mul,
    sub,
)

Size = int | Expr
Dims = tuple[Size, ...]


def plain(size: Expr) -> Size:
    """Return a constant expression as the integer it is."""
    return size.value if size.is_const else size


def in_example(size: Size, scope: Scope) -> Size:
    """Return the number that eager's message has where a size is of no use; the size itself without an example."""
    hint = scope.hint_of(size) if isinstance(size, Expr) else size
    return size if hint is None else hint


def plus(a: Size, b: Size) -> Size:
    """Return `a + b`."""
    return a + b if isinstance(a, int) and isinstance(b, int) else plain(add(a, b))


def minus(a: Size, b: Size) -> Size:
    """Return `a - b`."""
    return a - b if isinstance(a, int) and isinstance(b, int) else plain(sub(a, b))


def times(a: Size, b: Size) -> Size:
    """Return `a * b`."""
    return a * b if isinstance(a, int) and isinstance(b, int) else plain(mul(a, b))


def quotient(a: Size, b: Size) -> Size:
    """Return `a // b`."""
    if isinstance(b, int):
        return a // b if isinstance(a, int) else plain(floordiv(a, b))
    found = floordiv(a, b)
    if (
        found.kind == "floordiv"
    ):  # windows of a padded image: their number is found once both are written alike
        exact = exactly_divided(expression(a), b)
        return plain(found if exact is None else exact)
    return plain(found)


def quotient_up(a: Size, b: Size) -> Size:
    """Return `a / b` rounded up."""
    if isinstance(b, Expr) and remainder(a, b) == 0:
        return quotient(a, b)  # what a symbol divides exactly would not be seen once b - 1 is added
    return quotient(minus(plus(a, b), 1), b)


def remainder(a: Size, b: Size) -> Size:
    """Return `a % b`."""
    if isinstance(b, int):
        return a % b if isinstance(a, int) else plain(mod(a, b))
    found = mod(a, b)
    if not found.is_const and exactly_divided(expression(a), b) is not None:
        return 0
    return plain(found)


def product(sizes: Iterable[Size]) -> Size:
    """Return the product of all sizes: constants are multiplied first, as integers."""
    constant = 1
    symbolic: Expr | None = None
    for size in sizes:
        if isinstance(size, int):
            constant *= size
        else:
            symbolic = size if symbolic is None else mul(symbolic, size)
    return constant if symbolic is None else plain(symbolic if constant == 1 else mul(symbolic, constant))


def total(sizes: Iterable[Size]) -> Size:
    """Return the sum of all sizes."""
    constant = 0
    symbolic: Expr | None = None
    for size in sizes:
        if isinstance(size, int):
            constant += size
        else:
            symbolic = size if symbolic is None else add(symbolic, size)
    return constant if symbolic is None else plain(add(symbolic, constant) if constant else symbolic)


def smaller(a: Size, b: Size, scope: Scope) -> Size:
    """Return the minimum, as one of the two where it is known which."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    known = scope.decide(le(a, b))
    if known is None:
        return b if scope.decide(le(b, a)) else plain(min_(a, b))
    return a if known else b


def larger(a: Size, b: Size, scope: Scope) -> Size:
    """Return the maximum, as one of the two where it is known which."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    known = scope.decide(le(a, b))
    if known is None:
        return a if scope.decide(le(b, a)) else plain(max_(a, b))
    return b if known else a


def decide(question: Bool, scope: Scope) -> bool | None:
    """Return the answer where it follows from what is known; rely on nothing."""
    return question.value if question.is_const else scope.decide(question)


def ask(question: Bool, scope: Scope) -> bool:
    """Return the answer, relying on an assumption if it does not follow. For an operator that does either."""
    return bool(question.value) if question.is_const else scope.ask(question, "size_oblivious")


def require(question: Bool, scope: Scope) -> bool:
    """Return whether an operator's own condition holds; where no example can tell, it must."""
    known = decide(question, scope)
    if known is not None:
        return known
    return scope.ask(question, "required")


def equals(a: Size, b: Size) -> Bool:
    """Return the condition that two sizes are equal; `s == min(s, 512)` as what it means, `s <= 512`.

    Such a question comes of `table[:s]` beside a tensor of size s, and this is the line the user wants to read.
    """
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Expr) and one.kind in _EXTREMES:
            operand = expression(other)
            if operand in one.args:
                compare = _EXTREMES[one.kind]
                return and_(*(compare(operand, each) for each in one.args if each is not operand))
    return eq(a, b)


_EXTREMES = {"min": le, "max": ge}


def same(a: Size, b: Size, scope: Scope) -> bool | None:
    """Return whether two sizes are known to be equal, known to differ (False), or neither (None)."""
    if a is b or a == b:
        return True
    if isinstance(a, int) and isinstance(b, int):
        return False
    return decide(equals(a, b), scope)


def require_same(a: Size, b: Size, scope: Scope) -> bool:
    """Return whether two sizes are equal, as the operator requires."""
    if a is b or a == b:
        return True
    if isinstance(a, int) and isinstance(b, int):
        return False
    return require(equals(a, b), scope)


def is_one(size: Size, scope: Scope) -> bool | None:
    """Return whether a size is known to be 1, known not to be, or neither."""
    return size == 1 if isinstance(size, int) else decide(eq(size, 1), scope)


def axis(dim: int, rank: int) -> int:
    """Return `dim` counted from the front; a scalar has a dim 0, as everywhere in PyTorch."""
    bound = max(rank, 1)
    if -bound <= dim < bound:
        return dim % bound
    raise IndexError(
        f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})"
    )


def axes(dims: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Return several dims counted from the front; None or none at all means every dim."""
    if dims is None:
        return tuple(range(rank))
    if isinstance(dims, int):
        return (axis(dims, rank),)
    if not dims:
        return tuple(range(rank))
    found = tuple(axis(dim, rank) for dim in dims)
    for dim in found:
        if found.count(dim) > 1:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return found


def from_front(position: Size, length: Size, scope: Scope) -> Size:
    """Return a position that counts from the end when it is negative as one that counts from the front."""
    if isinstance(position, int):
        return position if position >= 0 else plus(length, position)
    negative = decide(lt(position, 0), scope)
    if negative is None:
        # Either sign is legal, and an expression says both: `x[-n:]` with n == 0 is all of x.
        return plain(if_else(lt(position, 0), add(position, length), position))
    return plus(position, length) if negative else position


def is_placeholder(size: Size, scope: Scope) -> bool:
    """Return whether a requested size is -1, "work it out". A symbolic size is not, unless it can be negative."""
    if isinstance(size, int):
        return size == -1
    return not ask(ge(size, 0), scope)


def replaced(dims: Dims, at: int, size: Size) -> Dims:
    """Return `dims` with one size replaced."""
    return (*dims[:at], size, *dims[at + 1 :])


def without(dims: Dims, at: int) -> Dims:
    """Return `dims` without one of them."""
    return (*dims[:at], *dims[at + 1 :])


def shown(dims: Sequence[Size]) -> str:
    """Return dims as PyTorch prints them in its errors."""
    return "[" + ", ".join(str(size) for size in dims) + "]"
