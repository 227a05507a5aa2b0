"""Tensors made from sizes and numbers: `zeros`, `arange`, `full_like` and their kin.

The sizes are arguments, so symbols go straight through. The dtype is the one asked for, else PyTorch's default for
the kind of number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr, Scope, sub, to_float, to_integer, truediv
from fullgraph.tracing.rules.broadcast import simplest
from fullgraph.tracing.rules.dims import (
    Size,
    larger,
    minus,
    plain,
    plus,
    product,
    quotient,
    quotient_up,
    smaller,
    times,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule

Number = int | float | complex | Expr | Bool
_CPU = torch.device("cpu")


def _device(device: Any) -> torch.device:
    return _CPU if device is None else torch.device(device)


def _dtype_of(number: Any) -> torch.dtype:
    """Return the dtype that PyTorch gives a Python number."""
    if isinstance(number, (bool, Bool)):
        return torch.bool
    if isinstance(number, Expr):
        return torch.get_default_dtype() if number.is_float else torch.int64
    if isinstance(number, complex):
        return torch.get_default_dtype().to_complex()
    return torch.get_default_dtype() if isinstance(number, float) else torch.int64


@rule("zeros ones empty.memory_format rand rand.generator randn randn.generator")
def sized(
    scope: Scope,
    size: Sequence[Size],
    *,
    dtype: torch.dtype | None = None,
    device: Any = None,
    **options: Any,
) -> Out | None:
    """A tensor of these sizes."""
    if options.get("layout") not in (None, torch.strided):
        return None
    return Out(simplest(tuple(size)), dtype or torch.get_default_dtype(), _device(device))


@rule("full")
def full(
    scope: Scope,
    size: Sequence[Size],
    fill_value: Number,
    *,
    dtype: torch.dtype | None = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """A tensor of these sizes, all elements the same."""
    return Out(simplest(tuple(size)), dtype or _dtype_of(fill_value), _device(device))


@rule("empty_strided")
def empty_strided(
    scope: Scope,
    size: Sequence[Size],
    stride: Sequence[Size],
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """A tensor of these sizes in a layout of its own."""
    return Out(simplest(tuple(size)), dtype or torch.get_default_dtype(), _device(device))


@rule("randint randint.low")
def randint(
    scope: Scope, *bounds_and_size: Any, dtype: Any = torch.int64, device: Any = None, **options: Any
) -> Out:
    """Random integers below a bound, or between two; the size comes last."""
    return Out(simplest(tuple(bounds_and_size[-1])), dtype or torch.int64, _device(device))


@rule("randperm")
def randperm(scope: Scope, n: Size, *, dtype: Any = torch.int64, device: Any = None, **options: Any) -> Out:
    """The integers below n in random order."""
    return Out((n,), dtype or torch.int64, _device(device))


@rule("scalar_tensor")
def scalar_tensor(scope: Scope, s: Number, *, dtype: Any = None, device: Any = None, **options: Any) -> Out:
    """A number as a tensor; the default dtype whatever the number."""
    return Out((), dtype or torch.get_default_dtype(), _device(device))


@rule("arange")
def arange(scope: Scope, end: Number, **options: Any) -> Out | None:
    """Numbers from 0."""
    return arange_step(scope, 0, end, 1, **options)


@rule("arange.start")
def arange_start(scope: Scope, start: Number, end: Number, **options: Any) -> Out | None:
    """Numbers from `start`."""
    return arange_step(scope, start, end, 1, **options)


@rule("arange.start_step")
def arange_step(
    scope: Scope,
    start: Any,
    end: Any,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out | None:
    """Numbers from `start` by `step`, `end` not among them."""
    numbers = (start, end, step)
    if any(isinstance(number, (bool, Bool, complex)) for number in numbers):
        return None
    whole = all(
        not number.is_float if isinstance(number, Expr) else isinstance(number, int) for number in numbers
    )
    dtype = dtype or (torch.int64 if whole else torch.get_default_dtype())
    if not isinstance(step, (int, float)) or step == 0:
        return None
    if not whole and dtype.is_floating_point and _counts_exactly(step):
        start, end, step = (int(n) if isinstance(n, float) and n.is_integer() else n for n in numbers)
        whole = all(not n.is_float if isinstance(n, Expr) else isinstance(n, int) for n in (start, end))
    if whole:
        # That the bounds fit the sign of the step is checked by the operator.
        span = minus(end, start) if step > 0 else minus(start, end)
        if isinstance(span, int) and span < 0:
            raise RuntimeError("upper bound and lower bound inconsistent with step sign")
        count = quotient_up(span, int(abs(step)))
    elif dtype.is_floating_point:
        if not any(isinstance(number, Expr) for number in numbers):
            return None
        count = plain(to_integer("ceil", truediv(to_float(sub(end, start)), to_float(step))))
    else:
        return None
    return Out((count,), dtype, _device(device))


def _counts_exactly(step: float) -> bool:
    """Whether dividing by a step loses nothing: a power of two, in whole numbers.

    PyTorch counts in float64, which could lose something of bounds that are 2**53 apart. No memory holds so many.
    """
    return float(step).is_integer() and math.log2(abs(step)).is_integer()


@rule("linspace logspace")
def linspace(
    scope: Scope,
    start: Any,
    end: Any,
    steps: Size,
    *rest: Any,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out | None:
    """`steps` numbers from `start` to `end`."""
    if isinstance(start, complex) or isinstance(end, complex):
        return None
    return Out((steps,), dtype or torch.get_default_dtype(), _device(device))


@rule("tril_indices")
def tril_indices(
    scope: Scope,
    row: Size,
    col: Size,
    offset: Size = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """Where the elements on and below a diagonal are."""
    return Out((2, _below_diagonal(row, col, offset, scope)), dtype or torch.int64, _device(device))


@rule("triu_indices")
def triu_indices(
    scope: Scope,
    row: Size,
    col: Size,
    offset: Size = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """Where the elements on and above a diagonal are."""
    above = _below_diagonal(col, row, minus(0, offset), scope)  # of the matrix turned over
    return Out((2, above), dtype or torch.int64, _device(device))


def _below_diagonal(row: Size, col: Size, offset: Size, scope: Scope) -> Size:
    """Return how many elements of a matrix are on a diagonal or below: row i has i + offset + 1 of them, if it can.

    So it is the sum of the integers from offset + 1 to offset + row, where those below 0 count as 0 and those above
    `col` as `col`: the sum up to the last, less the sum up to the first.
    """

    def up_to(last: Size) -> Size:
        positive = larger(last, 0, scope)
        rising = smaller(positive, col, scope)
        triangle = quotient(times(rising, plus(rising, 1)), 2)
        return plus(triangle, times(minus(positive, rising), col))

    return minus(up_to(plus(offset, row)), up_to(offset))


@rule("eye")
def eye(scope: Scope, n: Size, *, dtype: Any = None, device: Any = None, **options: Any) -> Out:
    """The identity matrix."""
    return Out((n, n), dtype or torch.get_default_dtype(), _device(device))


@rule("eye.m")
def eye_m(scope: Scope, n: Size, m: Size, *, dtype: Any = None, device: Any = None, **options: Any) -> Out:
    """Ones on the diagonal of a matrix."""
    return Out((n, m), dtype or torch.get_default_dtype(), _device(device))


@rule(
    """
    hann_window hamming_window blackman_window bartlett_window kaiser_window hann_window.periodic
    hamming_window.periodic hamming_window.periodic_alpha hamming_window.periodic_alpha_beta
    blackman_window.periodic bartlett_window.periodic kaiser_window.periodic kaiser_window.beta
    """
)
def window(
    scope: Scope, window_length: Size, *how: Any, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """One number for each element of a window."""
    return Out((window_length,), dtype or torch.get_default_dtype(), _device(device))


def _derived(self: Shaped, dims: tuple[Size, ...], dtype: Any, device: Any) -> Out:
    return Out(dims, dtype or self.dtype, self.device if device is None else torch.device(device))


@rule("zeros_like ones_like empty_like rand_like randn_like")
def like(scope: Scope, self: Shaped, *, dtype: Any = None, device: Any = None, **options: Any) -> Out | None:
    """A tensor of another's sizes."""
    return (
        _derived(self, self.dims, dtype, device) if options.get("layout") in (None, torch.strided) else None
    )


@rule("full_like")
def full_like(
    scope: Scope, self: Shaped, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """A tensor of another's sizes, all elements the same."""
    return _derived(self, self.dims, dtype, device)


@rule("randint_like randint_like.low_dtype")
def randint_like(
    scope: Scope, self: Shaped, *bounds: Size, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """Random integers of another's sizes."""
    return _derived(self, self.dims, dtype, device)


@rule("new_zeros new_ones new_empty")
def new_sized(
    scope: Scope, self: Shaped, size: Sequence[Size], *, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """A tensor of these sizes, with another's dtype and device."""
    return _derived(self, simplest(tuple(size)), dtype, device)


@rule("new_full")
def new_full(
    scope: Scope,
    self: Shaped,
    size: Sequence[Size],
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """A tensor of these sizes, with another's dtype and device, all elements the same."""
    return _derived(self, simplest(tuple(size)), dtype, device)


@rule("new_empty_strided")
def new_empty_strided(
    scope: Scope,
    self: Shaped,
    size: Sequence[Size],
    stride: Sequence[Size],
    *,
    dtype: Any = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """A tensor of these sizes in a layout of its own."""
    return _derived(self, simplest(tuple(size)), dtype, device)


@rule("vander")
def vander(scope: Scope, x: Shaped, columns: Size | None = None, increasing: bool = False) -> Out | None:
    """Powers of each element."""
    if len(x.dims) != 1:
        return None
    dtype = x.dtype if x.dtype.is_floating_point or x.dtype.is_complex else torch.int64
    return Out((x.dims[0], x.dims[0] if columns is None else columns), dtype, x.device)


@rule("combinations")
def combinations(scope: Scope, self: Shaped, r: int = 2, with_replacement: bool = False) -> Out | None:
    """Pairs of elements, or as many as are asked for."""
    if len(self.dims) != 1 or r < 0:
        return None
    if r == 0:
        return Out((0,), self.dtype, self.device)
    n = plus(self.dims[0], r - 1) if with_replacement else self.dims[0]
    count = quotient(product(minus(n, i) for i in range(r)), math.factorial(r))
    return Out((count, r), self.dtype, self.device)


@rule("diagflat")
def diagflat(scope: Scope, self: Shaped, offset: int = 0) -> Out:
    """A matrix with all elements on a diagonal."""
    side = plus(product(self.dims), abs(offset))
    return Out((side, side), self.dtype, self.device)
