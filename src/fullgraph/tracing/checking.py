"""`check`: what the program demands of a size or of a value, said once and known to the trace from there on.

PyTorch's own checks (`torch._check` and its kin) demand the same. One that can never hold, after what was demanded
before, is refused with both lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import torch

from fullgraph.contract import Assumption, AssumptionKind, assumption_text, contradictory, stated_ranges
from fullgraph.errors import Unsupported
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.symbolic import Bool, expr_of, false
from fullgraph.tracing.catching import is_caught_here
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
        if isinstance(condition, torch.SymBool):
            question = expr_of(condition)
            assert isinstance(question, Bool)
            if not recorder.scope.is_possible(question) and not is_caught_here():
                _refuse_contradiction(recorder, question)
        elif condition is False and _asked_by_the_program() and not is_caught_here():
            _refuse_contradiction(recorder, false)
        return original(error, condition, message)

    return checked


def _asked_by_the_program() -> bool:
    """Whether the program itself called `check`, and not a function of PyTorch with an error of its own."""
    frame = sys._getframe(2)
    while owner_of(frame.f_code.co_filename) is Owner.FULLGRAPH or frame.f_code in _CHECKS:
        assert frame.f_back is not None
        frame = frame.f_back
    return owner_of(frame.f_code.co_filename) in (Owner.USER, Owner.PACKAGE)


def _refuse_contradiction(recorder: Records, question: Bool) -> None:
    """What was checked before is known from there on, so that a check can be false for all sizes."""
    ledger = recorder.ledger
    earlier = [a for a in ledger.assumptions if a.kind in _DEMANDED and isinstance(a.fact, Bool)]
    if not question.is_const:
        check = Assumption(question, origin_here(), AssumptionKind.CHECK)
        raise contradictory(check, earlier, ledger.symbols)
    names = {spec.symbol: spec.text for spec in ledger.symbols}
    against = [*stated_ranges(ledger.symbols), *(assumption_text(each, names) for each in earlier)]
    if against:
        raise Unsupported(
            "This check can never hold here, so no call would be accepted.",
            why="\n".join(["It comes after:", *against]),
            instead="checks that some size satisfies",
            where=origin_here(),
            case="checks_that_contradict",
        )


_DEMANDED: Final = (AssumptionKind.CHECK, AssumptionKind.DECLARED)
_CHECKS: Final = frozenset({torch._check.__code__})
