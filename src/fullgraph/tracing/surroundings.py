"""What a program asks of PyTorch's state around it: each answer is that of the export, and a line of the contract.

Only the program's own questions count. PyTorch's code asks for the same state all the time, to do at the call what it
does in eager, and the operators it comes down to are in the graph.

The default device (`torch.set_default_device`, `with torch.device(...)`) is no such line: PyTorch puts it into each
call of a factory before we see it, so a program makes its tensors where they were made when it was exported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch

from fullgraph.contract import Ambient, AssumptionKind
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement


def surroundings() -> FunctionTable:
    """Return what notes the program's questions."""
    return {
        (torch, "get_default_dtype"): _noted("default_dtype"),
        (torch, "is_inference_mode_enabled"): _noted("inference_mode"),
    }


def _noted(name: str) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def asked() -> Any:
            if owner_of(sys._getframe(2).f_code.co_filename) in (Owner.USER, Owner.PACKAGE):
                recorder.ledger.assume(Ambient.now(name), origin_here(), AssumptionKind.PROGRAM)
            return original()

        return asked

    return replacement
