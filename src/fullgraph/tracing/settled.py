"""From runs of a program to the one trace that is right for all sizes: traced, with every branch on sizes settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from fullgraph.contract import Specs
from fullgraph.errors import CaptureError
from fullgraph.tracing.branching import settle_branches, without_needless_assumptions
from fullgraph.tracing.contradicting import contradiction
from fullgraph.tracing.failures import is_of_the_program, refusal_of_number, wants_plain_number
from fullgraph.tracing.result import Raised, Trace

_PLAINER: Final[Sequence[Mapping[str, bool]]] = (
    {},
    {"at_once": True},
    {"at_once": True, "plain_inputs": True},
)


def settled_trace(
    record: Callable[..., Trace], specs: Specs, settings: Sequence[Mapping[str, bool]] = _PLAINER
) -> Trace:
    """Trace a program, and look at the other sides of its branches on sizes.

    A comparison of sizes is a question until somebody asks. Some of PyTorch's functions take plain booleans only
    (`is_causal=length > 1`): then all comparisons are asked where they are made. If that is not enough, it was an
    input that is a truth value itself (`keepdim=flag`): then those are asked before the program runs.

    Args:
        record: `trace` of the program, which takes the specs and further options.
        specs: what was said of the inputs.
        settings: the options to try, each plainer than the one before.

    Raises:
        CaptureError: the program cannot be captured.
    """
    traced = partial(_traced, partial(record, **settings[0]))
    try:
        recorded = traced(specs)
    except CaptureError as error:
        if "SymBool" not in str(error.__cause__) or len(settings) == 1:
            raise
        return settled_trace(record, specs, settings[1:])
    settled = settle_branches(recorded, specs, lambda other, forced: traced(other, forced=forced))
    return without_needless_assumptions(settled, specs, traced)


def _traced(record: Callable[..., Trace], specs: Specs, **options: Any) -> Trace:
    """Trace; refused are what takes plain numbers only and met a symbolic one, and checks that no size passes."""
    again = partial(record, specs, **options)
    try:
        return again()
    except Raised:  # the other side of a branch
        raise
    except Exception as error:
        if wants_plain_number(error):
            raise refusal_of_number(error) from error
        refusal = contradiction(again, specs) if is_of_the_program(error) else None
        if refusal is not None:
            raise refusal from error
        raise
