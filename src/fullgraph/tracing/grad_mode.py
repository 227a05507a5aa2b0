"""The grad mode of a program: what it sets itself is part of it, what is on around a call is the caller's.

A trace always runs with gradients enabled, whatever the mode at the export is: so one graph says for both modes where
the program cuts gradients, and a program exported under `no_grad` can be trained. Regions that the program opens
(`no_grad`, `enable_grad`) are told apart from the caller's mode by where their value comes from: PyTorch's context
managers read the mode to put it back later, and what they read outside of every region is `_CALLERS`.

A program that *asks* for the mode outside of its own regions is answered for the export's mode, which then is a line
of the contract; so is what eager allows under `no_grad` only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import torch

from fullgraph.contract import Ambient, AssumptionKind
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.tracing.dispatch import GRAD_SWITCH, grad_enabled
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable


class _CallersMode(int):
    """Stands for the mode of whoever calls the program, in the hands of a context manager that will put it back."""


_CALLERS: Final = _CallersMode(True)


def grad_modes() -> FunctionTable:
    """Return what keeps track of the program's own grad modes."""
    return {(torch, "is_grad_enabled"): _asked, GRAD_SWITCH: _switched}


def rely_on_callers_mode(recorder: Records) -> bool:
    """Return the grad mode around the program, and write down that the trace relies on it."""
    fact = Ambient("grad_enabled", recorder.callers_grad_mode)
    recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)
    return recorder.callers_grad_mode


def allowed_without_gradients(recorder: Records, region: bool | None) -> bool:
    """Whether what PyTorch forbids with gradients enabled is fine in this region: the export was under `no_grad`."""
    if recorder.callers_grad_mode or region is not None:
        return False
    return not rely_on_callers_mode(recorder)


def _asked(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def is_grad_enabled() -> Any:
        enabled = grad_enabled()
        if recorder.grad_region is not None or not enabled:
            return enabled
        asker = owner_of(sys._getframe(2).f_code.co_filename)
        if asker in (Owner.USER, Owner.PACKAGE):
            return rely_on_callers_mode(recorder)
        return enabled if asker is Owner.FULLGRAPH else _CALLERS

    return is_grad_enabled


def _switched(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def switch(mode: Any) -> None:
        recorder.grad_region = None if mode is _CALLERS else bool(mode)
        original(bool(mode))

    return switch
