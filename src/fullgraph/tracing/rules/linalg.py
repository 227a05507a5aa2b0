"""Linear algebra on batches of matrices: factorizations, inverses, determinants, norms, ranks.

Whether a matrix is square or can be inverted is checked by the operator; the rules say what comes out when it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.dims import Dims, ask, axes, equals, require_same, smaller
from fullgraph.tracing.rules.dtypes import Shaped, tensors_in
from fullgraph.tracing.rules.reduction import reduced
from fullgraph.tracing.rules.table import Out, rule

_FLOATS = (torch.float32, torch.float64, torch.complex64, torch.complex128)


def is_matrix(self: Shaped) -> bool:
    """Say whether linear algebra is defined on it."""
    return len(self.dims) >= 2 and self.dtype in _FLOATS


def real(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of absolute values."""
    return dtype.to_real() if dtype.is_complex else dtype


def _require_square(self: Shaped, scope: Scope) -> bool:
    return is_matrix(self) and require_same(self.dims[-2], self.dims[-1], scope)


@rule(
    """
    linalg_inv inverse linalg_cholesky linalg_matrix_exp matrix_exp linalg_matrix_power matrix_power
    cholesky cholesky_inverse
    """
)
def square(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out | None:
    """A square matrix for each square matrix."""
    return Out(self.dims, self.dtype, self.device) if _require_square(self, scope) else None


@rule("linalg_inv_ex linalg_cholesky_ex")
def square_with_info(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> list[Out] | None:
    """A square matrix for each square matrix, and whether it went well."""
    if not _require_square(self, scope):
        return None
    return [
        Out(self.dims, self.dtype, self.device),
        Out(self.dims[:-2], torch.int32, self.device),
    ]


@rule("linalg_det det logdet")
def determinant(scope: Scope, self: Shaped) -> Out | None:
    """A number for each square matrix."""
    return Out(self.dims[:-2], self.dtype, self.device) if _require_square(self, scope) else None


@rule("linalg_slogdet slogdet")
def sign_and_log(scope: Scope, self: Shaped) -> list[Out] | None:
    """The sign and the logarithm of the determinant."""
    if not _require_square(self, scope):
        return None
    batch = self.dims[:-2]
    return [Out(batch, self.dtype, self.device), Out(batch, real(self.dtype), self.device)]


@rule("linalg_eigh")
def eigh(scope: Scope, self: Shaped, uplo: str = "L") -> list[Out] | None:
    """Eigenvalues and eigenvectors of symmetric matrices."""
    if not _require_square(self, scope):
        return None
    values = Out(self.dims[:-1], real(self.dtype), self.device)
    return [values, Out(self.dims, self.dtype, self.device)]


@rule("linalg_eigvalsh")
def eigvalsh(scope: Scope, self: Shaped, uplo: str = "L") -> Out | None:
    """Eigenvalues of symmetric matrices."""
    return Out(self.dims[:-1], real(self.dtype), self.device) if _require_square(self, scope) else None


@rule("linalg_eigvals")
def eigvals(scope: Scope, self: Shaped) -> Out | None:
    """Complex eigenvalues."""
    found = eig(scope, self)
    return None if found is None else found[0]


@rule("linalg_eig")
def eig(scope: Scope, self: Shaped) -> list[Out] | None:
    """Complex eigenvalues and eigenvectors."""
    if not _require_square(self, scope):
        return None
    dtype = self.dtype if self.dtype.is_complex else self.dtype.to_complex()
    return [Out(self.dims[:-1], dtype, self.device), Out(self.dims, dtype, self.device)]


@rule("linalg_svd")
def svd(
    scope: Scope, self: Shaped, full_matrices: bool = True, *, driver: str | None = None
) -> list[Out] | None:
    """Singular values and vectors."""
    if not is_matrix(self):
        return None
    *batch, rows, columns = self.dims
    rank = smaller(rows, columns, scope)
    left: Dims = (*batch, rows, rows if full_matrices else rank)
    right: Dims = (*batch, columns if full_matrices else rank, columns)
    return [
        Out(left, self.dtype, self.device),
        Out((*batch, rank), real(self.dtype), self.device),
        Out(right, self.dtype, self.device),
    ]


@rule("svd")
def svd_transposed(
    scope: Scope, self: Shaped, some: bool = True, compute_uv: bool = True
) -> list[Out] | None:
    """Singular values and vectors, the right ones as columns; without vectors, matrices of zeros."""
    found = svd(scope, self, full_matrices=not (some and compute_uv))
    if found is None:
        return None
    left, values, right = found
    return [left, values, right._replace(dims=(*right.dims[:-2], right.dims[-1], right.dims[-2]))]


@rule("linalg_svdvals")
def svdvals(scope: Scope, self: Shaped, *, driver: str | None = None) -> Out | None:
    """Singular values."""
    if not is_matrix(self):
        return None
    *batch, rows, columns = self.dims
    return Out((*batch, smaller(rows, columns, scope)), real(self.dtype), self.device)


@rule("linalg_qr")
def qr(scope: Scope, self: Shaped, mode: str = "reduced") -> list[Out] | None:
    """An orthogonal and a triangular matrix."""
    if not is_matrix(self):
        return None
    *batch, rows, columns = self.dims
    rank = rows if mode == "complete" else smaller(rows, columns, scope)
    orthogonal: Dims = (0,) if mode == "r" else (*batch, rows, rank)
    return [
        Out(orthogonal, self.dtype, self.device),
        Out((*batch, rank, columns), self.dtype, self.device),
    ]


@rule("qr")
def qr_older(scope: Scope, self: Shaped, some: bool = True) -> list[Out] | None:
    """An orthogonal and a triangular matrix."""
    return qr(scope, self, "reduced" if some else "complete")


@rule("linalg_ldl_factor_ex")
def ldl(
    scope: Scope, self: Shaped, *, hermitian: bool = False, check_errors: bool = False
) -> list[Out] | None:
    """A factorization of symmetric matrices, its pivots, and whether it went well."""
    if not _require_square(self, scope):
        return None
    return [
        Out(self.dims, self.dtype, self.device),
        Out(self.dims[:-1], torch.int32, self.device),
        Out(self.dims[:-2], torch.int32, self.device),
    ]


@rule("linalg_vander")
def vander(scope: Scope, x: Shaped, **options: Any) -> Out | None:
    """The powers of each element, as many as there are elements unless told otherwise."""
    if not x.dims or x.dtype is torch.bool:
        return None
    exact = not (x.dtype.is_floating_point or x.dtype.is_complex)
    count = options.get("N")
    return Out((*x.dims, x.dims[-1] if count is None else count), torch.int64 if exact else x.dtype, x.device)


@rule(
    """
    linalg_matrix_rank linalg_matrix_rank.tol_tensor linalg_matrix_rank.atol_rtol_tensor
    linalg_matrix_rank.atol_rtol_float
    """
)
def matrix_rank(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out | None:
    """How many singular values are not 0, by tolerances that may be tensors."""
    given = tensors_in([*rest, *options.values()])
    if not is_matrix(self) or any(each.dims for each in given):
        return None  # tolerances are broadcast to the batch
    return Out(self.dims[:-2], torch.int64, self.device)


@rule("linalg_pinv.atol_rtol_tensor linalg_pinv.rcond_tensor")
def pinv_within(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out | None:
    """The pseudo-inverse, by tolerances that may be tensors."""
    given = tensors_in([*rest, *options.values()])
    return None if any(each.dims for each in given) else pinv(scope, self)


@rule("linalg_pinv pinverse linalg_pinv.atol_rtol_float")
def pinv(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out | None:
    """The pseudo-inverse: rows and columns change places."""
    if not is_matrix(self):
        return None
    return Out((*self.dims[:-2], self.dims[-1], self.dims[-2]), self.dtype, self.device)


@rule("linalg_matrix_norm linalg_matrix_norm.str_ord")
def matrix_norm(
    scope: Scope,
    self: Shaped,
    ord: Any = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: torch.dtype | None = None,
) -> Out | None:
    """Norm of matrices over two dims."""
    if not is_matrix(self):
        return None
    return Out(reduced(self.dims, dim, keepdim), real(dtype or self.dtype), self.device)


@rule("linalg_norm linalg_norm.ord_str")
def norm(
    scope: Scope,
    self: Shaped,
    ord: Any = None,
    dim: Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: torch.dtype | None = None,
) -> Out | None:
    """Norm of vectors or matrices, by the number of dims."""
    if self.dtype not in _FLOATS:
        return None
    if dim is not None:
        axes(dim, len(self.dims))
    return Out(reduced(self.dims, dim, keepdim), real(dtype or self.dtype), self.device)


@rule("cov")
def cov(scope: Scope, self: Shaped, **options: Any) -> Out | None:
    """Covariance of the rows; of one row, or of a vector, it is a number."""
    weights = [options[name] for name in ("fweights", "aweights") if options.get(name) is not None]
    exact = not (self.dtype.is_floating_point or self.dtype.is_complex)
    dtype = torch.get_default_dtype() if exact else self.dtype  # it divides
    if len(self.dims) > 2 or any(torch.promote_types(dtype, weight.dtype) != dtype for weight in weights):
        return None
    if len(self.dims) < 2 or ask(equals(self.dims[0], 1), scope):
        return Out((), dtype, self.device)
    return Out((self.dims[0], self.dims[0]), dtype, self.device)


@rule("geqrf")
def geqrf(scope: Scope, self: Shaped) -> list[Out] | None:
    """Householder's form of a QR factorization: the reflections in place of the matrix, and their factors."""
    if not is_matrix(self):
        return None
    *batch, rows, columns = self.dims
    return [
        Out(self.dims, self.dtype, self.device),
        Out((*batch, smaller(rows, columns, scope)), self.dtype, self.device),
    ]
