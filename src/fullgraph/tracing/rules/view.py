"""Reshaping, permuting and slicing: operators that rearrange one tensor's dims.

All keep the dtype, so a rule here only says the sizes. `Out` is made by `_like`. Which of these operators share
storage is not said here: that follows from their schemas. Cutting one tensor into several is in `split`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Expr, Scope, add, eq, ge, gt, le, or_
from fullgraph.tracing.rules.broadcast import expand, simplest
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    ask,
    axes,
    axis,
    decide,
    from_front,
    in_example,
    is_placeholder,
    larger,
    minus,
    plus,
    product,
    quotient,
    quotient_up,
    remainder,
    replaced,
    require_same,
    shown,
    smaller,
    times,
    without,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


def _like(self: Shaped, dims: Dims) -> Out:
    return Out(dims, self.dtype, self.device)


def reshaped(dims: Dims, wanted: Sequence[Size], scope: Scope) -> Dims:
    """Return `wanted` with its -1 worked out, for a tensor of sizes `dims`.

    That the product of the other sizes is not 0 is left to the operator: where it is 0, eager raises and so does the
    program, and demanding it would forbid an empty batch.
    """
    inferred = [at for at, size in enumerate(wanted) if is_placeholder(size, scope)]
    sizes = simplest(tuple(wanted))
    has = product(dims)
    if not inferred:
        if not require_same(has, product(sizes), scope):
            raise RuntimeError(f"shape '{shown(sizes)}' is invalid for input of size {has}")
        return sizes
    if len(inferred) > 1:
        raise RuntimeError("only one dimension can be inferred")
    rest = product(size for at, size in enumerate(sizes) if at != inferred[0])
    if rest == 0:
        raise RuntimeError(
            f"cannot reshape tensor of {has} elements into shape {shown(sizes)} because the unspecified dimension "
            "size -1 can be any value and is ambiguous"
        )
    if not require_same(remainder(has, rest), 0, scope):
        raise RuntimeError(f"shape '{shown(sizes)}' is invalid for input of size {has}")
    left = quotient(has, rest)
    if isinstance(left, Expr):
        scope.assume(ge(left, 0))  # a size, however it is written: the quotient of two
    return replaced(sizes, inferred[0], left)


@rule("view reshape _unsafe_view view_copy _reshape_copy")
def view(scope: Scope, self: Shaped, size: Sequence[Size]) -> Out:
    """Give the elements other sizes."""
    return _like(self, reshaped(self.dims, size, scope))


@rule("view_as reshape_as")
def view_as(scope: Scope, self: Shaped, other: Shaped) -> Out:
    """Give the elements the sizes of another tensor."""
    return _like(self, reshaped(self.dims, other.dims, scope))


@rule("flatten.using_ints")
def flatten(scope: Scope, self: Shaped, start_dim: int = 0, end_dim: int = -1) -> Out:
    """Join neighbouring dims."""
    dims = self.dims
    first, last = axis(start_dim, len(dims)), axis(end_dim, len(dims))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return _like(self, (*dims[:first], product(dims[first : last + 1]), *dims[last + 1 :]))


@rule("ravel")
def ravel(scope: Scope, self: Shaped) -> Out:
    """Join all dims."""
    return _like(self, (product(self.dims),))


@rule("unflatten.int")
def unflatten(scope: Scope, self: Shaped, dim: int, sizes: Sequence[Size]) -> Out | None:
    """Cut a dim into several."""
    if not sizes or not self.dims:
        return None
    at = axis(dim, len(self.dims))
    return _like(self, (*self.dims[:at], *reshaped((self.dims[at],), sizes, scope), *self.dims[at + 1 :]))


@rule("expand expand_copy")
def expand_to(scope: Scope, self: Shaped, size: Sequence[Size], *, implicit: bool = False) -> Out:
    """Repeat dims of size 1 without copying."""
    return _like(self, expand(self.dims, simplest(tuple(size)), scope))


@rule("broadcast_to")
def broadcast_to(scope: Scope, self: Shaped, size: Sequence[Size]) -> Out:
    """As `expand`."""
    return _like(self, expand(self.dims, simplest(tuple(size)), scope))


@rule("expand_as")
def expand_as(scope: Scope, self: Shaped, other: Shaped) -> Out:
    """Expand to the sizes of another tensor."""
    return _like(self, expand(self.dims, other.dims, scope))


@rule("permute permute_copy")
def permute(scope: Scope, self: Shaped, dims: Sequence[int]) -> Out:
    """Put the dims in another order."""
    if len(dims) != len(self.dims):
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {len(self.dims)} is not equal to len(dims) = {len(dims)}"
        )
    order = axes(dims, len(self.dims))
    return _like(self, tuple(self.dims[at] for at in order))


@rule("transpose.int transpose_copy.int swapaxes swapdims")
def transpose(scope: Scope, self: Shaped, dim0: int, dim1: int) -> Out:
    """Exchange two dims."""
    first, second = axis(dim0, len(self.dims)), axis(dim1, len(self.dims))
    dims = list(self.dims)
    if dims:
        dims[first], dims[second] = dims[second], dims[first]
    return _like(self, tuple(dims))


@rule("t t_copy")
def matrix_transpose(scope: Scope, self: Shaped) -> Out:
    """Transpose a matrix; a vector is left alone."""
    if len(self.dims) > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(self.dims)}D")
    return _like(self, self.dims[::-1])


@rule("numpy_T")
def reverse_dims(scope: Scope, self: Shaped) -> Out:
    """Reverse the order of dims."""
    return _like(self, self.dims[::-1])


@rule("mT mH adjoint matrix_H")
def swap_last(scope: Scope, self: Shaped) -> Out | None:
    """Exchange the last two dims."""
    if len(self.dims) < 2:
        return None
    return _like(self, (*self.dims[:-2], self.dims[-1], self.dims[-2]))


@rule("movedim.int moveaxis.int")
def move_dim(scope: Scope, self: Shaped, source: int, destination: int) -> Out:
    """Move one dim to another place."""
    return move_dims(scope, self, [source], [destination])


@rule("movedim.intlist moveaxis.intlist")
def move_dims(scope: Scope, self: Shaped, source: Sequence[int], destination: Sequence[int]) -> Out:
    """Move dims to other places; the others keep their order."""
    rank = len(self.dims)
    if len(source) != len(destination):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: they must have the same number of dims"
        )
    if not self.dims or not source:
        return _like(self, self.dims)
    placed = dict(zip(axes(destination, rank), axes(source, rank)))
    others = iter([at for at in range(rank) if at not in placed.values()])
    return _like(self, tuple(self.dims[placed[at] if at in placed else next(others)] for at in range(rank)))


@rule("squeeze squeeze_copy")
def squeeze(scope: Scope, self: Shaped) -> Out:
    """Drop the dims of size 1. How many dims are left is a question about every size."""
    return _like(self, tuple(size for size in self.dims if not _is_one(size, scope)))


@rule("squeeze.dim squeeze_copy.dim squeeze.dims squeeze_copy.dims")
def squeeze_dims(scope: Scope, self: Shaped, dim: int | Sequence[int]) -> Out:
    """Drop these dims where they are of size 1."""
    chosen = axes(dim, len(self.dims)) if isinstance(dim, int) or dim else ()
    return _like(
        self, tuple(size for at, size in enumerate(self.dims) if at not in chosen or not _is_one(size, scope))
    )


def _is_one(size: Size, scope: Scope) -> bool:
    return size == 1 if isinstance(size, int) else ask(eq(size, 1), scope)


@rule("unsqueeze unsqueeze_copy")
def unsqueeze(scope: Scope, self: Shaped, dim: int) -> Out:
    """Insert a dim of size 1."""
    at = axis(dim, len(self.dims) + 1)
    return _like(self, (*self.dims[:at], 1, *self.dims[at:]))


@rule("atleast_1d")
def atleast_1d(scope: Scope, self: Shaped | Sequence[Shaped]) -> Out | None:
    """A scalar gets a dim."""
    return None if isinstance(self, Sequence) else _like(self, self.dims or (1,))


@rule("atleast_2d")
def atleast_2d(scope: Scope, self: Shaped | Sequence[Shaped]) -> Out | None:
    """A vector becomes a row."""
    if isinstance(self, Sequence):
        return None
    return _like(self, (*(1,) * (2 - len(self.dims)), *self.dims))


@rule("atleast_3d")
def atleast_3d(scope: Scope, self: Shaped | Sequence[Shaped]) -> Out | None:
    """A vector becomes a row of columns, a matrix gets a last dim."""
    if isinstance(self, Sequence):
        return None
    dims = (*(1,) * (2 - len(self.dims)), *self.dims)
    return _like(self, dims if len(dims) > 2 else (*dims, 1))


@rule("slice.Tensor slice_copy.Tensor")
def slice_(
    scope: Scope,
    self: Shaped,
    dim: int = 0,
    start: Size | None = None,
    end: Size | None = None,
    step: Size = 1,
) -> Out:
    """`x[start:end:step]` along a dim."""
    if not self.dims:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    at = axis(dim, len(self.dims))
    return _like(self, replaced(self.dims, at, sliced(self.dims[at], start, end, step, scope)))


def sliced(length: Size, start: Size | None, end: Size | None, step: Size, scope: Scope) -> Size:
    """Return how many elements `start:end:step` takes, for every length and both signs of the bounds.

    With the bounds counted from the front, that is `max(ceil((min(end, length) - max(start, 0)) / step), 0)`: a start
    beyond the length and an end below zero take nothing all the same, so they need no clamping of their own. The
    maximum is taken last because it is often needless then: `x[1::2]` takes `n // 2`.
    """
    if isinstance(step, int) and step <= 0:
        raise RuntimeError("slice step must be positive")
    whole = end is None or (isinstance(end, int) and end >= _TO_THE_END)
    first = 0 if start is None else start
    if isinstance(first, int) and first < 0 and whole:
        between = smaller(length, -first, scope)  # the last -first elements, or all
    else:
        first = larger(_bound(first, length, scope), 0, scope)
        last = length if whole or end is None else smaller(_bound(end, length, scope), length, scope)
        between = minus(last, first)
    taken = between if isinstance(step, int) and step == 1 else quotient_up(between, step)
    return larger(taken, 0, scope)


def _bound(position: Size, length: Size, scope: Scope) -> Size:
    """Return a bound counted from the front, or anything else below zero where that is below zero.

    `x[: n - 2]` counts from the end when n is 0 or 1 and takes nothing then: `n - 2` says that as well.
    """
    if not isinstance(position, int):
        counted = or_(ge(position, 0), le(add(position, length), 0))
        if decide(counted, scope):
            return position
    return from_front(position, length, scope)


_TO_THE_END = 2**62  # PyTorch passes the largest integer for an end that was not given


@rule("select.int select_copy.int")
def select(scope: Scope, self: Shaped, dim: int, index: Size) -> Out:
    """`x[index]` along a dim."""
    if not self.dims:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    at = axis(dim, len(self.dims))
    size = self.dims[at]
    if isinstance(size, int) and isinstance(index, int) and not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {shown(self.dims)} at dimension {at}"
        )
    return _like(self, without(self.dims, at))


@rule("narrow narrow_copy")
def narrow(scope: Scope, self: Shaped, dim: int, start: Size, length: Size) -> Out | None:
    """Take `length` elements from `start`."""
    if not self.dims:
        return None
    at = axis(dim, len(self.dims))
    size = self.dims[at]
    if isinstance(start, int) and start < 0:
        start = plus(size, start)
    if _exceeds(plus(start, length), size, scope):
        numbers = [in_example(each, scope) for each in (start, length, size)]
        raise RuntimeError("start ({}) + length ({}) exceeds dimension size ({}).".format(*numbers))
    return _like(self, replaced(self.dims, at, length))


def _exceeds(end: Size, size: Size, scope: Scope) -> bool:
    if isinstance(end, int) and isinstance(size, int):
        return end > size
    return bool(decide(gt(end, size), scope))


@rule("diagonal diagonal_copy")
def diagonal(scope: Scope, self: Shaped, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Out:
    """Two dims become one, at the end."""
    first, second = axis(dim1, len(self.dims)), axis(dim2, len(self.dims))
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rest = tuple(size for at, size in enumerate(self.dims) if at not in (first, second))
    return _like(self, (*rest, diagonal_length(self.dims[first], self.dims[second], offset, scope)))


@rule("linalg_diagonal")
def linalg_diagonal(scope: Scope, self: Shaped, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Out:
    """As `diagonal`, of the last two dims."""
    return diagonal(scope, self, offset, dim1, dim2)


@rule("diag")
def diag(scope: Scope, self: Shaped, diagonal: int = 0) -> Out | None:
    """The diagonal of a matrix, or a matrix with this diagonal."""
    if len(self.dims) == 2:
        return _like(self, (diagonal_length(self.dims[0], self.dims[1], diagonal, scope),))
    if len(self.dims) != 1:
        return None
    side = plus(self.dims[0], abs(diagonal))
    return _like(self, (side, side))


def diagonal_length(rows: Size, columns: Size, offset: int, scope: Scope) -> Size:
    """Return how many elements lie on a diagonal."""
    if offset >= 0:
        columns = minus(columns, offset)
    else:
        rows = plus(rows, offset)
    return larger(smaller(rows, columns, scope), 0, scope)


@rule("unfold unfold_copy")
def unfold(scope: Scope, self: Shaped, dimension: int, size: Size, step: Size) -> Out | None:
    """Windows of `size` elements every `step`."""
    if not self.dims:
        return None
    at = axis(dimension, len(self.dims))
    length = self.dims[at]
    if isinstance(length, int) and isinstance(size, int) and size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {at} is {length} but size is {size}")
    windows = plus(quotient(minus(length, size), step), 1)
    return _like(self, (*replaced(self.dims, at, windows), size))


@rule("as_strided as_strided_copy")
def as_strided(scope: Scope, self: Shaped, size: Sequence[Size], *rest: Any) -> Out:
    """Any sizes, over the same storage."""
    return _like(self, simplest(tuple(size)))


@rule("view.dtype view_copy.dtype")
def view_dtype(scope: Scope, self: Shaped, dtype: torch.dtype) -> Out | None:
    """Read the same bytes as another dtype."""
    has, wants = self.dtype.itemsize, dtype.itemsize
    dims = self.dims
    if has != wants:
        if not dims:
            return None
        last = times(dims[-1], has)
        if has < wants and not require_same(remainder(last, wants), 0, scope):
            return None
        dims = (*dims[:-1], quotient(last, wants))
    return Out(dims, dtype, self.device)


@rule("view_as_real view_as_real_copy")
def view_as_real(scope: Scope, self: Shaped) -> Out | None:
    """Each complex number becomes two."""
    return Out((*self.dims, 2), self.dtype.to_real(), self.device) if self.dtype.is_complex else None


@rule("view_as_complex view_as_complex_copy")
def view_as_complex(scope: Scope, self: Shaped) -> Out | None:
    """Two numbers become a complex one."""
    if not self.dims or self.dims[-1] != 2 or not self.dtype.is_floating_point:
        return None
    return Out(self.dims[:-1], self.dtype.to_complex(), self.device)
