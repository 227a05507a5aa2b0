"""A spec that a refusal advises is tried before it is said, so that pasting it is enough.

Once one thing is stated, another may come to light: with `s % 2 == 0`, half of it is asked for on another way of the
program. Such further refusals are named together with the first.
"""

from __future__ import annotations

from collections.abc import Callable

from fullgraph.contract import together
from fullgraph.errors import Advice, FullgraphError, Specialized
from fullgraph.tracing.explaining import is_explaining

_MOST_TRIES = 6
_LEFT_TO_FIX = 3  # tries that are left when sizes are no longer kept dynamic


def tried(refusal: Specialized, capture: Callable[[Advice], object]) -> Specialized:
    """Return a refusal with a spec that is accepted, and all that it takes until one is.

    Args:
        refusal: what was refused first.
        capture: captures the program with another spec.
    """
    if not refusal.advices or is_explaining():
        return refusal
    refused, (advice, fixed) = [refusal], refusal.advices
    for left in reversed(range(_MOST_TRIES)):
        try:
            capture(advice)
        except Specialized as further:
            refused.append(further)
            if not further.advices:
                break
            advice, fixed = further.advices if left > _LEFT_TO_FIX else (further.advices[-1],) * 2
        except FullgraphError as further:
            if advice == fixed:
                return _said(refused, f"{advice}; then this is in the way: {further.what}", ())
            advice = fixed
        else:
            return _said(refused, str(advice), (advice,))
    return _said(refused, f"{advice}; no spec was found under which nothing more is refused", ())


def _said(refused: list[Specialized], instead: str, advices: tuple[Advice, ...]) -> Specialized:
    error = together(refused, instead)
    error.advices = advices
    return error
