"""How often a program was traced: what it counts itself is put back after each trace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


@contextmanager
def counted_traces() -> Iterator[mock.Mock]:
    """Count the traces that `export` makes: the mock's `call_count`."""
    exporting = sys.modules["fullgraph.export"]
    with mock.patch.object(exporting, "trace", wraps=exporting.trace) as tracing:
        yield tracing
