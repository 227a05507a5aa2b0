"""`check`: what the program demands of a size or of a value, said once and known to the trace from there on.

PyTorch's own checks (`torch._check` and its kin) demand the same. One that can never hold, after what was demanded
before, is refused with both lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

from fullgraph.contract import AssumptionKind, assumption_text
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, expr_of
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable

_NO_MESSAGE: Final = "Expected the condition to be True, but got False."


def check(condition: Any, message: str | None = None) -> None:
    """Demand that a condition holds.

    Of sizes, the condition becomes a line of the contract, and the trace relies on it from here on. Of a tensor's
    contents, it is tested whenever the program runs. Of plain Python values, it is tested now.

    Args:
        condition: a comparison of sizes, a tensor with one element, or a truth value.
        message: what is wrong if it does not hold. PyTorch's own words for a failed check if there is none.

    Raises:
        RuntimeError: the condition does not hold.

    Example:
        >>> def second_row(x):
        ...     check(x.shape[0] >= 2, "two rows at least")
        ...     return x[1]
    """
    if isinstance(condition, torch.Tensor):
        torch.ops.aten._assert_async.msg(condition, _NO_MESSAGE if message is None else message)
    else:
        torch._check(condition, None if message is None else lambda: message)


def checks() -> FunctionTable:
    """Return what stands for the function that all of PyTorch's checks come down to."""
    return {(torch, "_check_with"): _check_with}


def _check_with(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def checked(error: Any, condition: Any, message: Any) -> Any:
        known = (
            recorder.scope.decide(expr_of(condition)) if isinstance(condition, torch.SymBool) else condition
        )
        if known is False:
            _refuse_contradiction(recorder)
        return original(error, condition, message)

    return checked


def _refuse_contradiction(recorder: Records) -> None:
    """What was checked before is known from there on, so that a check can be false for all sizes."""
    names = {spec.symbol: spec.text for spec in recorder.ledger.symbols}
    earlier = [
        assumption_text(each, names)
        for each in recorder.ledger.assumptions
        if each.kind is AssumptionKind.CHECK and isinstance(each.fact, Bool)
    ]
    if earlier:
        raise Unsupported(
            "This check can never hold here, so no call would be accepted.",
            why="\n".join(["It comes after:", *earlier]),
            instead="checks that some size satisfies",
            where=origin_here(),
            case="checks_that_contradict",
        )
