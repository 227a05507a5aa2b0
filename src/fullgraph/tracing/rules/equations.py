"""Systems of linear equations: solved with a factorization, with a triangular matrix, or by least squares.

That a matrix is square is checked by the operator.
"""

from __future__ import annotations

import torch

from fullgraph.symbolic import Scope, expression, le, not_
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import Dims, ask, require_same
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.linalg import is_matrix, real
from fullgraph.tracing.rules.table import Out, rule


@rule("linalg_solve_triangular")
def solve_triangular(
    scope: Scope, self: Shaped, other: Shaped, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Out | None:
    """Solve with a triangular matrix; batches are broadcast."""
    return _solved(scope, self, other)


@rule("linalg_lu_solve")
def linalg_lu_solve(
    scope: Scope, lu: Shaped, pivots: Shaped, b: Shaped, *, left: bool = True, adjoint: bool = False
) -> Out | None:
    """Solve with an LU factorization; batches are broadcast."""
    if not is_matrix(lu) or not is_matrix(b) or not require_same(lu.dims[-2], lu.dims[-1], scope):
        return None
    if not require_same(b.dims[-2] if left else b.dims[-1], lu.dims[-1], scope):
        return None
    return _solved(scope, lu, b)


@rule("lu_solve")
def lu_solve(scope: Scope, self: Shaped, lu: Shaped, pivots: Shaped) -> Out | None:
    """The same with the factorization behind the right side."""
    return linalg_lu_solve(scope, lu, pivots, self)


@rule("cholesky_solve")
def cholesky_solve(scope: Scope, self: Shaped, factor: Shaped, upper: bool = False) -> Out | None:
    """Solve with a Cholesky factorization; batches are broadcast."""
    if (
        not is_matrix(factor)
        or not is_matrix(self)
        or not require_same(factor.dims[-2], factor.dims[-1], scope)
    ):
        return None
    return _solved(scope, factor, self) if require_same(self.dims[-2], factor.dims[-1], scope) else None


@rule("triangular_solve")
def solve_triangular_older(
    scope: Scope,
    self: Shaped,
    matrix: Shaped,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> list[Out] | None:
    """Solve with a triangular matrix, which is returned as well."""
    solution = _solved(scope, matrix, self)
    if solution is None:
        return None
    return [solution, solution._replace(dims=(*solution.dims[:-2], *matrix.dims[-2:]))]


def _solved(scope: Scope, matrix: Shaped, right: Shaped) -> Out | None:
    if not is_matrix(matrix) or not is_matrix(right) or matrix.dtype != right.dtype:
        return None
    batch = broadcast([matrix.dims[:-2], right.dims[:-2]], scope)
    return Out((*batch, *right.dims[-2:]), matrix.dtype, matrix.device)


@rule("linalg_lstsq")
def lstsq(
    scope: Scope, self: Shaped, b: Shaped, rcond: float | None = None, *, driver: str | None = None
) -> list[Out] | None:
    """Least squares: the solution; the residuals, if the driver works them out; the rank, if it does."""
    driver = driver or ("gelsy" if self.device.type == "cpu" else "gels")
    if not is_matrix(self) or driver not in ("gelsy", "gels"):
        return None  # of the other drivers the sizes of the results follow from the rank
    *batch, rows, columns = self.dims
    if b.dims == self.dims[:-1]:
        solution: Dims = (*batch, columns)
    elif len(b.dims) == len(self.dims) and b.dims[:-2] == self.dims[:-2]:
        solution = (*batch, columns, b.dims[-1])
    else:
        return None
    residuals: Dims = (0,)
    if driver == "gels" and ask(not_(le(expression(rows), expression(columns))), scope):
        residuals = (*batch, *solution[len(batch) + 1 :])
    return [
        Out(solution, self.dtype, self.device),
        Out(residuals, real(self.dtype), self.device),
        Out(tuple(batch) if driver == "gelsy" else (0,), torch.int64, self.device),
        Out((0,), real(self.dtype), self.device),
    ]
