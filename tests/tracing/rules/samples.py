"""PyTorch's own operator samples, without the packages that only PyTorch's own test runner needs."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch.testing._internal import common_methods_invocations


def _by_name() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = collections.defaultdict(list)
    for info in common_methods_invocations.op_db:
        found[info.name].append(info)
    return found


# Read-only: a table that a program could change would be saved and compared at each of thousands of exports.
BY_NAME: Mapping[str, list[Any]] = MappingProxyType(_by_name())
