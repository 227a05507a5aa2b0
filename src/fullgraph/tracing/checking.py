"""`check`: what the program demands of a size or of a value, said once and known to the trace from there on.

PyTorch's own checks (`torch._check` and its kin) demand the same. One that can never hold, after what was demanded
before, is refused with both lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fullgraph.contract import Assumption, AssumptionKind, contradictory
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, expr_of
from fullgraph.tracing.functions import FunctionTable
from fullgraph.tracing.records import Records


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


def checks() -> FunctionTable:
    """Return what stands for the function that all of PyTorch's checks come down to."""
    return {(torch, "_check_with"): _check_with}


def _check_with(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def checked(error: Any, condition: Any, message: Any) -> Any:
        if isinstance(condition, torch.SymBool):
            _refuse_contradiction(recorder, expr_of(condition))
        return original(error, condition, message)

    return checked


def _refuse_contradiction(recorder: Records, fact: Bool) -> None:
    ledger = recorder.ledger
    if recorder.scope.decide(fact) is not False:
        return
    demand = Assumption(fact, origin_here(), AssumptionKind.CHECK)
    if any(isinstance(a.fact, Bool) and a.fact.symbols & fact.symbols for a in ledger.assumptions):
        raise contradictory(demand, ledger.assumptions, ledger.symbols)
