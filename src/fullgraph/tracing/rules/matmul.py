"""Products of matrices: `linear`, `matmul`, `einsum` and what they are made of.

Inner sizes must agree; the operator raises if they do not, so they are required, and known to be equal from then on.
Both arguments must be of one dtype; anything else is left to PyTorch's own check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope, eq, or_
from fullgraph.tracing.rules.broadcast import broadcast, meet
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    ask,
    axis,
    equals,
    product,
    require,
    require_same,
    shown,
    without,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


@rule("linear")
def linear(scope: Scope, input: Shaped, weight: Shaped, bias: Shaped | None = None) -> Out | None:
    """`input @ weight.T + bias`."""
    dims, columns = input.dims, weight.dims
    if (
        not dims
        or not columns
        or input.dtype != weight.dtype
        or (bias is not None and bias.dtype != input.dtype)
    ):
        return None
    inner = columns[-1]
    if dims[-1] != inner and not require_same(dims[-1], inner, scope):
        first = f"{product(dims[:-1])}x{dims[-1]}"
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({first} and {inner}x{columns[0]})")
    return Out((*dims[:-1], *columns[:-1]), input.dtype, input.device)


@rule("matmul linalg_matmul")
def matmul(scope: Scope, self: Shaped, other: Shaped) -> Out | None:
    """Matrix product with broadcast batches; a vector is a matrix of one row or column, which is dropped again."""
    a, b = self.dims, other.dims
    if not a or not b or self.dtype != other.dtype:
        return None
    _contract(a[-1], b[-2] if len(b) > 1 else b[0], a, b, scope)
    batch = a[:-2] if a[:-2] == b[:-2] else broadcast([a[:-2], b[:-2]], scope)
    rows = a[-2:-1]
    columns = b[-1:] if len(b) > 1 else ()
    return Out((*batch, *rows, *columns), self.dtype, self.device)


@rule("mm")
def mm(scope: Scope, self: Shaped, mat2: Shaped) -> Out | None:
    """Matrix times matrix."""
    if len(self.dims) != 2 or len(mat2.dims) != 2:
        return None
    return matmul(scope, self, mat2)


@rule("mv")
def mv(scope: Scope, self: Shaped, vec: Shaped) -> Out | None:
    """Matrix times vector."""
    return matmul(scope, self, vec) if len(self.dims) == 2 and len(vec.dims) == 1 else None


@rule("dot vdot inner")
def dot(scope: Scope, self: Shaped, other: Shaped) -> Out | None:
    """Products of vectors; `inner` also of stacks of them."""
    a, b = self.dims, other.dims
    if self.dtype != other.dtype:
        return None
    if not a or not b:
        return Out(a or b, self.dtype, self.device)
    _contract(a[-1], b[-1], a, b, scope)
    return Out((*a[:-1], *b[:-1]), self.dtype, self.device)


@rule("bmm")
def bmm(scope: Scope, self: Shaped, mat2: Shaped) -> Out | None:
    """Batch of matrices times batch of matrices."""
    a, b = self.dims, mat2.dims
    if len(a) != 3 or len(b) != 3 or self.dtype != mat2.dtype:
        return None
    if not require_same(a[0], b[0], scope):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {shown(a[::2])} but got: {shown(b[:2])}."
        )
    _contract(a[2], b[1], a, b, scope)
    return Out((a[0], a[1], b[2]), self.dtype, self.device)


@rule("addmm")
def addmm(
    scope: Scope, self: Shaped, mat1: Shaped, mat2: Shaped, *, beta: Any = 1, alpha: Any = 1
) -> Out | None:
    """`beta * self + alpha * (mat1 @ mat2)`."""
    return _plus_product(self, matmul(scope, mat1, mat2))


@rule("baddbmm")
def baddbmm(
    scope: Scope, self: Shaped, batch1: Shaped, batch2: Shaped, *, beta: Any = 1, alpha: Any = 1
) -> Out | None:
    """`beta * self + alpha * (batch1 @ batch2)`."""
    return _plus_product(self, bmm(scope, batch1, batch2))


@rule("addbmm")
def addbmm(
    scope: Scope, self: Shaped, batch1: Shaped, batch2: Shaped, *, beta: Any = 1, alpha: Any = 1
) -> Out | None:
    """`beta * self + alpha * (batch1 @ batch2).sum(0)`."""
    out = bmm(scope, batch1, batch2)
    return _plus_product(self, None if out is None else out._replace(dims=out.dims[1:]))


@rule("addmv")
def addmv(
    scope: Scope, self: Shaped, mat: Shaped, vec: Shaped, *, beta: Any = 1, alpha: Any = 1
) -> Out | None:
    """`beta * self + alpha * (mat @ vec)`."""
    product = mv(scope, mat, vec)
    if product is None or not self.dims:
        return None
    given, rows = self.dims[-1], product.dims[0]
    if scope.hint_of(equals(given, rows)) is not False:
        return _plus_product(self, product) if require_same(given, rows, scope) else None
    # A bias of one element is expanded; where there is nothing to sum up, eager forgets to do so.
    nothing = or_(*(eq(size, 0) for size in mat.dims))
    expanded = require(eq(given, 1), scope) and not ask(nothing, scope)
    return _plus_product(self, product) if expanded else None


@rule("addr")
def addr(
    scope: Scope, self: Shaped, vec1: Shaped, vec2: Shaped, *, beta: Any = 1, alpha: Any = 1
) -> Out | None:
    """`beta * self + alpha * outer(vec1, vec2)`."""
    return _plus_product(self, outer(scope, vec1, vec2))


def _plus_product(bias: Shaped, product: Out | None) -> Out | None:
    """The bias is expanded to the product, so it decides nothing but that dtypes must agree."""
    return None if product is None or bias.dtype != product.dtype else product


def _contract(inner: Size, other: Size, a: Dims, b: Dims, scope: Scope) -> None:
    if inner != other and not require_same(inner, other, scope):
        if len(a) == 2 and len(b) == 2:
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})")
        raise RuntimeError(
            f"size mismatch in a matrix product: {shown(a)} and {shown(b)} ({inner} and {other})"
        )


@rule("outer ger")
def outer(scope: Scope, self: Shaped, vec2: Shaped) -> Out | None:
    """Each element times each."""
    dtype = torch.promote_types(self.dtype, vec2.dtype)
    return (
        Out((*self.dims, *vec2.dims), dtype, self.device) if len(self.dims) == len(vec2.dims) == 1 else None
    )


@rule("bilinear")
def bilinear(
    scope: Scope, input1: Shaped, input2: Shaped, weight: Shaped, bias: Shaped | None = None
) -> Out | None:
    """`input1 @ weight[k] @ input2` for each k."""
    if len(weight.dims) != 3 or len(input1.dims) != len(input2.dims) or not input1.dims:
        return None
    if len({each.dtype for each in (input1, input2, weight, bias) if each is not None}) != 1:
        return None
    for a, b in zip((*input1.dims, input2.dims[-1]), (*input2.dims[:-1], *weight.dims[1:])):
        if not require_same(a, b, scope):
            return None
    return Out((*input1.dims[:-1], weight.dims[0]), input1.dtype, input1.device)


@rule("linalg_multi_dot")
def multi_dot(scope: Scope, tensors: Sequence[Shaped]) -> Out | None:
    """A product of matrices in whatever order is cheapest; the first and the last may be vectors."""
    if len(tensors) < 2 or any(len(each.dims) != 2 for each in tensors[1:-1]):
        return None
    if any(len(each.dims) not in (1, 2) for each in (tensors[0], tensors[-1])):
        return None
    product = Out(tensors[0].dims, tensors[0].dtype, tensors[0].device)
    for each in tensors[1:]:
        found = matmul(scope, product, each)
        if found is None:
            return None
        product = found
    return product


@rule("chain_matmul")
def chain_matmul(scope: Scope, matrices: Sequence[Shaped]) -> Out | None:
    """The same of matrices only."""
    return multi_dot(scope, matrices) if all(len(each.dims) == 2 for each in matrices) else None


@rule("tensordot")
def tensordot(
    scope: Scope, self: Shaped, other: Shaped, dims_self: Sequence[int], dims_other: Sequence[int]
) -> Out | None:
    """Sum over pairs of dims."""
    first = [axis(dim, len(self.dims)) for dim in dims_self]
    second = [axis(dim, len(other.dims)) for dim in dims_other]
    if self.dtype != other.dtype or len(first) != len(second) or not self.dims or not other.dims:
        return None
    for at, and_at in zip(first, second):
        if meet(self.dims[at], other.dims[and_at], scope) is None:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {self.dims[at]} in dim {at} and second has "
                f"size {other.dims[and_at]} in dim {and_at}"
            )
    left = [size for at, size in enumerate(self.dims) if at not in first]
    right = [size for at, size in enumerate(other.dims) if at not in second]
    return Out((*left, *right), self.dtype, self.device)


@rule("kron")
def kron(scope: Scope, self: Shaped, other: Shaped) -> Out | None:
    """Sizes multiply, aligned at the last dim."""
    if self.dtype != other.dtype:
        return None
    rank = max(len(self.dims), len(other.dims))
    a = (1,) * (rank - len(self.dims)) + self.dims
    b = (1,) * (rank - len(other.dims)) + other.dims
    return Out(tuple(product(pair) for pair in zip(a, b)), self.dtype, self.device)


@rule("linalg_vecdot")
def vecdot(scope: Scope, x: Shaped, y: Shaped, *, dim: int = -1) -> Out | None:
    """Dot product along a dim, the others broadcast."""
    if x.dtype != y.dtype or not x.dims or not y.dims:
        return None
    dims = broadcast([x.dims, y.dims], scope)
    at = axis(dim, len(dims))
    return Out(without(dims, at), x.dtype, x.device)


@rule("einsum")
def einsum(scope: Scope, equation: str, tensors: Sequence[Shaped], *, path: Any = None) -> Out | None:
    """Label every dim; labels that the output names remain, the others are summed over."""
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    dtypes = {tensor.dtype for tensor in tensors}
    if len(terms) != len(tensors) or len(dtypes) != 1:
        return None
    sizes: dict[str, Size] = {}
    batches: list[Dims] = []
    for term, tensor in zip(terms, tensors):
        labels = _labels(term, len(tensor.dims))
        if labels is None:
            return None
        before, batch, after = labels
        batches.append(tensor.dims[len(before) : len(before) + batch])
        named = (*tensor.dims[: len(before)], *tensor.dims[len(tensor.dims) - len(after) :])
        for label, size in zip(before + after, named):
            joined = meet(sizes[label], size, scope) if label in sizes else size
            if joined is None:
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {size} for operand {len(batches) - 1} which does not "
                    f"broadcast with previously seen size {sizes[label]}"
                )
            sizes[label] = joined
    if not arrow:
        counted = inputs.replace(",", "").replace("...", "")
        output = "..." + "".join(sorted(label for label in sizes if counted.count(label) == 1))
    if any(label not in sizes for label in output.replace("...", "")):
        return None
    front, dots, back = output.partition("...")
    batch_dims = broadcast(batches, scope) if dots else ()
    dims = (*(sizes[label] for label in front), *batch_dims, *(sizes[label] for label in back))
    return Out(dims, tensors[0].dtype, tensors[0].device)


def _labels(term: str, rank: int) -> tuple[str, int, str] | None:
    """Return the labels before `...`, how many dims it stands for, and the labels after."""
    before, dots, after = term.partition("...")
    batch = rank - len(before) - len(after)
    return (before, batch, after) if batch >= 0 and (dots or batch == 0) else None
