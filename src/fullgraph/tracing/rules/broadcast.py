"""Broadcasting: the sizes of an operator that takes its arguments element by element.

Two sizes meet. If they are the same expression that is the result; a constant 1 gives way to the other. Otherwise
the operator does one of three things, decided at run time: the sizes are equal, or the first is 1, or the second.
The first that can be told from what is known is taken; if none can, the scope is asked, equality first, because
that is what programs mean. Whatever it answers is relied on, so the result holds for all sizes in the contract; where
only contents tell (`x[mask] + y`), the program makes sure of it at each run.
"""

from __future__ import annotations

from collections.abc import Sequence

from fullgraph.symbolic import Expr, Scope, eq, or_
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    ask,
    equals,
    in_example,
    is_one,
    is_placeholder,
    plain,
    require,
    same,
)


def broadcast(shapes: Sequence[Dims], scope: Scope) -> Dims:
    """Return the sizes that all of `shapes` broadcast to."""
    if not shapes:
        return ()
    result = shapes[0]
    for shape in shapes[1:]:
        if shape not in (result, ()):
            result = _pair(result, shape, scope) if result else shape
    return result


def _pair(a: Dims, b: Dims, scope: Scope) -> Dims:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    lead = len(longer) - len(shorter)
    sizes = list(longer[:lead])
    for at, (x, y) in enumerate(zip(longer[lead:], shorter)):
        size = x if x is y else meet(x, y, scope)
        if size is None:
            first, second = (in_example(shape[at - len(shorter)], scope) for shape in (a, b))
            raise RuntimeError(
                f"The size of tensor a ({first}) must match the size of tensor b ({second}) "
                f"at non-singleton dimension {lead + at}"
            )
        sizes.append(size)
    return tuple(sizes)


def meet(a: Size, b: Size, scope: Scope) -> Size | None:
    """Return what two sizes broadcast to, or None when they do not."""
    if a == b or (isinstance(b, int) and b == 1):
        return a
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        return None
    if same(a, b, scope):
        return _simpler(a, b)
    if is_one(a, scope):
        return b
    if is_one(b, scope):
        return a
    for size, other in ((a, b), (b, a)):
        if _always_fits(size, other, scope):
            return other
    if isinstance(a, int) or isinstance(b, int):
        constant, size = (a, b) if isinstance(a, int) else (b, a)
        return constant if _either(size, constant, scope) else None
    equal = equals(a, b)
    outcomes = ((equal, _simpler(a, b)), (eq(a, 1), b), (eq(b, 1), a))
    # What the example says no to is asked last: a size that is 1 gives way, whether or not the other is 1 as well.
    for question, result in sorted(outcomes, key=lambda outcome: scope.hint_of(outcome[0]) is False):
        if scope.ask(question, "expected" if question is equal else "size_oblivious"):
            return result
    return None


def _always_fits(size: Size, wanted: Size, scope: Scope) -> bool:
    """Say whether each value that a size may have is 1 or `wanted`: `x[:, -1:]` has min(s, 1) columns, `x` has s."""
    if not isinstance(size, Expr) or size.kind not in ("min", "max"):
        return False
    return all(is_one(part, scope) or same(part, wanted, scope) for part in map(plain, size.args))


def _simpler(a: Size, b: Size) -> Size:
    """Return one of two equal sizes: the constant, or a symbol rather than what was computed."""
    if isinstance(a, int):
        return a
    if isinstance(b, int):
        return b
    return b if b.kind == "symbol" and a.kind != "symbol" else a


def expand(dims: Dims, sizes: Sequence[Size], scope: Scope) -> Dims:
    """Return the sizes that `dims` has after it was expanded to `sizes`, where -1 keeps a size."""
    lead = len(sizes) - len(dims)
    if lead < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(sizes)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({len(dims)})"
        )
    result: list[Size] = []
    for at, wanted in enumerate(sizes):
        has = dims[at - lead] if at >= lead else None
        if is_placeholder(wanted, scope):
            if has is None:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading dimension {at}"
                )
            result.append(has)
        elif has is None or _stretches(has, wanted, scope):
            result.append(wanted)
        else:
            raise RuntimeError(
                f"The expanded size of the tensor ({in_example(wanted, scope)}) must match the existing size "
                f"({in_example(has, scope)}) "
                f"at non-singleton dimension {at}."
            )
    return tuple(result)


def _stretches(has: Size, wanted: Size, scope: Scope) -> bool:
    """Say whether a size can be expanded to `wanted`; the result is `wanted` either way."""
    if has in (wanted, 1):
        return True
    if isinstance(has, int) and isinstance(wanted, int):
        return False
    if same(has, wanted, scope) or is_one(has, scope):
        return True
    if isinstance(has, int):
        return require(equals(has, wanted), scope)
    return _always_fits(has, wanted, scope) or _either(has, wanted, scope)


def _either(size: Size, wanted: Size, scope: Scope) -> bool:
    """Require that a size is `wanted` or 1, where both give the same result.

    With an example, the contract says which of the two it is, which is shorter and lets more follow; that it is not
    the other one is left open, for `wanted` may be 1 as well. Where it is neither, both are said: the operator raises,
    and another branch of the program is judged by what that relied on.
    """
    equal = equals(size, wanted)
    hint = scope.hint_of(equal)
    if hint is None:
        return require(or_(equal, eq(size, 1)), scope)
    return require(equal, scope) if hint else require(eq(size, 1), scope) or ask(equal, scope)


def simplest(dims: Dims) -> Dims:
    """Return dims with constant expressions as integers."""
    return tuple(size.value if isinstance(size, Expr) and size.is_const else size for size in dims)
