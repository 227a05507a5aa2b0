"""Whether a truth value is asked only to raise if it is wrong: `assert n <= limit`, `if (x < 0).any(): raise ...`.

Such a question needs no answer now. The answer that lets the program go on is a check, made again whenever the program
runs. It is recognised by the instructions: a jump asks, and one of its two ways leads straight to a `raise`. What is
asked within an instruction that may turn the answer round (`value not in tensor`, `[a] != [b]`) is not known to be what
the jump goes by, and is no check. From Python 3.13 on that is so for every comparison that an `if` makes.

Invariant: the way that is not taken ends in an exception, whatever the values.
"""

from __future__ import annotations

import bisect
import dis
import functools
import sys
from pathlib import Path
from types import CodeType, FrameType

import torch

from fullgraph.source import Owner, owner_of

_LEAVING = ("RETURN", "YIELD", "RERAISE", "SEND")
# Whose code may ask; the library of torch.nn is written in Python like the user's own.
_ASKING = (Owner.USER, Owner.PACKAGE, Owner.TORCH_NN)
# So are PyTorch's distributions, which check their parameters.
_DISTRIBUTIONS = str(Path(torch.distributions.__file__).parent)


def answer_that_goes_on() -> bool | None:
    """Return the answer that the program's own code needs in order not to raise; None if it does not raise there."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _may_ask(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else _answer_at(frame.f_code, frame.f_lasti)


def _may_ask(filename: str) -> bool:
    return owner_of(filename) in _ASKING or filename.startswith(_DISTRIBUTIONS)


@functools.lru_cache(maxsize=1024)
def _answer_at(code: CodeType, offset: int) -> bool | None:
    instructions = list(dis.get_instructions(code))
    offsets = [instruction.offset for instruction in instructions]
    at = bisect.bisect_left(offsets, offset)
    if instructions[at].opname == "TO_BOOL":  # from Python 3.13 on, the step before the jump
        at += 1
    jump = instructions[at]
    is_test = jump.opname.startswith("POP_JUMP") and jump.opname.endswith(("IF_TRUE", "IF_FALSE"))
    if not is_test:
        return None
    ways = {False: at + 1, True: bisect.bisect_left(offsets, jump.argval)}  # by whether it jumps
    on_true = jump.opname.endswith("IF_TRUE")
    if _raises(instructions, offsets, ways[not on_true]):
        return True
    return False if _raises(instructions, offsets, ways[on_true]) else None


def _raises(instructions: list[dis.Instruction], offsets: list[int], at: int) -> bool:
    """Whether what begins here comes to a `raise`, without a choice on the way."""
    for _ in instructions:  # a way without choices is no longer than the code, or a circle
        instruction = instructions[at]
        name = instruction.opname
        if name == "RAISE_VARARGS":
            return True
        if name == "JUMP_FORWARD":
            at = bisect.bisect_left(offsets, instruction.argval)
            continue
        if "JUMP" in name or name == "FOR_ITER" or name.startswith(_LEAVING):
            return False
        at += 1
        if at == len(instructions):
            return False
    return False
