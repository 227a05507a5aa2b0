"""PyTorch's own operator samples, without the packages that only PyTorch's own test runner needs."""

from __future__ import annotations

import collections
from typing import Any

from torch.testing._internal.common_methods_invocations import op_db

BY_NAME: dict[str, list[Any]] = collections.defaultdict(list)
for _info in op_db:
    BY_NAME[_info.name].append(_info)
