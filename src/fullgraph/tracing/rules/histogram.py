"""Histograms: how many bins there are is an argument, or the size of a tensor of edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.dims import Size, plus
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


def _line(self: Shaped, size: Size) -> Out:
    return Out((size,), self.dtype, self.device)


@rule("histogram.bin_ct")
def histogram(scope: Scope, self: Shaped, bins: int = 100, **options: Any) -> list[Out]:
    """The counts, and the edges of the bins."""
    return [_line(self, bins), _line(self, plus(bins, 1))]


@rule("histogram.bins_tensor")
def histogram_of_edges(scope: Scope, self: Shaped, bins: Shaped, **options: Any) -> list[Out] | None:
    """The counts, and the edges given."""
    return [_line(self, plus(bins.dims[0], -1)), _line(self, bins.dims[0])] if len(bins.dims) == 1 else None


@rule("_histogramdd_bin_edges")
def edges(scope: Scope, self: Shaped, bins: Sequence[int], **options: Any) -> list[Out]:
    """The edges along each dim."""
    return [_line(self, plus(count, 1)) for count in bins]


@rule("_histogramdd_from_bin_cts")
def histogramdd(scope: Scope, self: Shaped, bins: Sequence[int], **options: Any) -> Out:
    """The counts of points in a box of bins."""
    return Out(tuple(bins), self.dtype, self.device)


@rule("_histogramdd_from_bin_tensors")
def histogramdd_of_edges(scope: Scope, self: Shaped, bins: Sequence[Shaped], **options: Any) -> Out:
    """The same, with the edges given."""
    return Out(tuple(plus(edge.dims[0], -1) for edge in bins), self.dtype, self.device)
