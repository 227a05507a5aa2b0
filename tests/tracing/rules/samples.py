"""PyTorch's own operator samples, without the packages that only PyTorch's own test runner needs."""

from __future__ import annotations

import collections
import importlib.util
import sys
import types
import unittest
from typing import Any

if importlib.util.find_spec("expecttest") is None:
    # torch.testing._internal derives its TestCase from it; the samples do not use it.
    _stub: Any = types.ModuleType("expecttest")
    _stub.TestCase = unittest.TestCase
    sys.modules["expecttest"] = _stub

from torch.testing._internal.common_methods_invocations import op_db

BY_NAME: dict[str, list[Any]] = collections.defaultdict(list)
for _info in op_db:
    BY_NAME[_info.name].append(_info)
