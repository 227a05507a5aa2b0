"""Fourier transforms: a dim keeps its length, is cut or padded to the length asked for, or halved for real input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.dims import Dims, Size, axes, minus, plus, quotient, replaced, times
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule

Lengths = Sequence[Size] | None


def _real(dtype: torch.dtype) -> torch.dtype:
    if dtype.is_complex:
        return dtype.to_real()
    return dtype if dtype.is_floating_point else torch.get_default_dtype()


def _transformed(dims: Dims, lengths: Lengths, over: Sequence[int] | None) -> tuple[Dims, tuple[int, ...]]:
    """Return the sizes with those asked for, and the dims transformed, the last of which may be halved."""
    if over is None:
        first = 0 if lengths is None else len(dims) - len(lengths)
        chosen = tuple(range(first, len(dims)))
    else:
        chosen = axes(over, len(dims)) if over else ()
    for at, length in zip(chosen, lengths or ()):
        if not (isinstance(length, int) and length == -1):
            dims = replaced(dims, at, length)
    return dims, chosen


def _complex(self: Shaped, lengths: Lengths, over: Sequence[int] | None, halved: bool) -> Out:
    dims, chosen = _transformed(self.dims, lengths, over)
    if halved and chosen:
        last = chosen[-1]
        dims = replaced(dims, last, plus(quotient(dims[last], 2), 1))
    return Out(dims, _real(self.dtype).to_complex(), self.device)


def _to_real(self: Shaped, lengths: Lengths, over: Sequence[int] | None) -> Out:
    dims, chosen = _transformed(self.dims, lengths, over)
    if chosen and lengths is None:
        last = chosen[-1]
        dims = replaced(dims, last, times(2, minus(dims[last], 1)))
    return Out(dims, _real(self.dtype), self.device)


@rule("fft_fft fft_ifft")
def fft(scope: Scope, self: Shaped, n: Size | None = None, dim: int = -1, norm: str | None = None) -> Out:
    """Transform one dim."""
    return _complex(self, None if n is None else [n], [dim], halved=False)


@rule("fft_rfft fft_ihfft")
def rfft(scope: Scope, self: Shaped, n: Size | None = None, dim: int = -1, norm: str | None = None) -> Out:
    """Transform one dim of real numbers: the other half would be its mirror."""
    return _complex(self, None if n is None else [n], [dim], halved=True)


@rule("fft_irfft fft_hfft")
def irfft(scope: Scope, self: Shaped, n: Size | None = None, dim: int = -1, norm: str | None = None) -> Out:
    """Transform back to real numbers."""
    return _to_real(self, None if n is None else [n], [dim])


def _several(
    two: str, many: str, transform: Callable[[Shaped, Lengths, Sequence[int] | None], Out | None]
) -> None:
    """Register transforms of several dims: those that take the last two by default, and those that take all."""
    for names, default in ((two, (-2, -1)), (many, None)):

        @rule(names)
        def transformed(
            scope: Scope,
            self: Shaped,
            s: Lengths = None,
            dim: Sequence[int] | None = default,
            norm: str | None = None,
        ) -> Out | None:
            return transform(self, s, dim)


def _back(self: Shaped, lengths: Lengths, over: Sequence[int] | None) -> Out | None:
    return None if lengths is not None and -1 in lengths else _to_real(self, lengths, over)


_several("fft_fft2 fft_ifft2", "fft_fftn fft_ifftn", partial(_complex, halved=False))
_several("fft_rfft2 fft_ihfft2", "fft_rfftn fft_ihfftn", partial(_complex, halved=True))
_several("fft_irfft2 fft_hfft2", "fft_irfftn fft_hfftn", _back)


@rule("istft")
def istft(
    scope: Scope,
    self: Shaped,
    n_fft: Size,
    hop_length: Size | None = None,
    win_length: Size | None = None,
    window: Shaped | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: Size | None = None,
    return_complex: bool = False,
) -> Out | None:
    """Put the spectra of windows back together; without a length, as many elements as the windows cover."""
    if len(self.dims) not in (2, 3) or not self.dtype.is_complex:
        return None
    if length is None:
        hop = quotient(n_fft, 4) if hop_length is None else hop_length
        cut = times(2, quotient(n_fft, 2)) if center else 0
        length = minus(plus(n_fft, times(hop, minus(self.dims[-1], 1))), cut)
    dtype = self.dtype if return_complex else self.dtype.to_real()
    return Out((*self.dims[:-2], length), dtype, self.device)


@rule("fft_fftfreq")
def fftfreq(
    scope: Scope, n: Size, d: float = 1.0, *, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """The frequencies of a transform."""
    return Out((n,), dtype or torch.get_default_dtype(), torch.device(device or "cpu"))


@rule("fft_rfftfreq")
def rfftfreq(
    scope: Scope, n: Size, d: float = 1.0, *, dtype: Any = None, device: Any = None, **options: Any
) -> Out:
    """The frequencies of a transform of real numbers."""
    return fftfreq(scope, plus(quotient(n, 2), 1), dtype=dtype, device=device)


@rule("fft_fftshift fft_ifftshift")
def shift(scope: Scope, self: Shaped, dim: Sequence[int] | int | None = None) -> Out:
    """Move the zero frequency to the middle, or back."""
    return Out(self.dims, self.dtype, self.device)
