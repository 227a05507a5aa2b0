"""`check`: what the program demands of a size or of a value, said once and known to the trace from there on."""

from __future__ import annotations

from typing import Any

import torch


def check(condition: Any, message: str) -> None:
    """Demand that a condition holds.

    Of sizes, the condition becomes a line of the contract, and the trace relies on it from here on. Of a tensor's
    contents, it is tested whenever the program runs. Of plain Python values, it is tested now.

    Args:
        condition: a comparison of sizes, a tensor with one element, or a truth value.
        message: what is wrong if it does not hold.

    Raises:
        RuntimeError: the condition does not hold.

    Example:
        >>> def second_row(x):
        ...     check(x.shape[0] >= 2, "two rows at least")
        ...     return x[1]
    """
    if isinstance(condition, torch.Tensor):
        torch.ops.aten._assert_async.msg(condition, message)
    else:
        torch._check(condition, lambda: message)
