"""Whether a comparison is an operand of `and` or `or`, whose value Python takes over as it is.

`causal = length > 1 and mask is None` is `False` in eager when the length is 1: Python's `and` returns the operand
that decided. With a symbolic length that operand would be an undecided condition, and `causal` would be no `bool`.
So a comparison in that place is asked for its answer at once. It is recognised by the instruction that follows it.

The last operand decides nothing: it is the value, as a comparison alone is, and stays a question until somebody asks
(`cond(x.ndim > 2 and x.shape[2] > 10, ...)`).
"""

from __future__ import annotations

import dis
from types import CodeType, FrameType

_COMPARE = dis.opmap["COMPARE_OP"]
_NOT = dis.opmap["UNARY_NOT"]
_TO_BOOL = dis.opmap.get("TO_BOOL", -1)
_COPY = dis.opmap.get("COPY")
_CACHE = dis.opmap.get("CACHE", -1)
# Up to Python 3.11 one instruction tests the operand and keeps it; from 3.12 on it is copied, then tested.
_KEEPING = {dis.opmap[name] for name in ("JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP") if name in dis.opmap}
_TESTING = {
    dis.opmap[name] for name in ("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "TO_BOOL") if name in dis.opmap
}

_JUMPING = {
    code
    for name, code in dis.opmap.items()
    if name == "TO_BOOL" or (name.startswith("POP_JUMP") and name.endswith(("IF_FALSE", "IF_TRUE")))
}

# Keyed by identity: code objects compare by value, and slowly. The code object is kept, so its id stays its own.
_known: dict[tuple[int, int], tuple[bool, CodeType]] = {}


class Operands:
    """The operands that are asked for their answer."""

    @staticmethod
    def before_asking(frame: FrameType) -> None:
        """Do nothing: rewritten code does not ask (rewriting/conditions.py), and stands in for this to be told."""


def is_operand_of_and_or(frame: FrameType) -> bool:
    """Whether the comparison that `frame` is executing decides an `and` or `or`, and so is asked now."""
    key = id(frame.f_code), frame.f_lasti
    known = _known.get(key)
    if known is None:
        known = _known[key] = _looks_so(frame.f_code, frame.f_lasti), frame.f_code
    if known[0]:
        Operands.before_asking(frame)
    return known[0]


def is_negated(frame: FrameType) -> bool:
    """Whether `frame` is executing `not`, and keeps what it gives."""
    bytecode, at = frame.f_code.co_code, frame.f_lasti
    after = _next(bytecode, at)
    if bytecode[at] == _TO_BOOL and after is not None:  # from Python 3.13 on
        at = after
    return bytecode[at] == _NOT


def is_only_tested(frame: FrameType) -> bool:
    """Whether the truth of the comparison that `frame` is executing is all that is used: `if`, `while`, `assert`."""
    bytecode = frame.f_code.co_code
    after = _next(bytecode, frame.f_lasti)
    return bytecode[frame.f_lasti] == _COMPARE and after is not None and bytecode[after] in _JUMPING


def _looks_so(code: CodeType, at: int) -> bool:
    bytecode = code.co_code
    first = _next(bytecode, at)
    if bytecode[at] != _COMPARE or first is None:
        return False
    return _keeps(bytecode, first)


def _keeps(bytecode: bytes, at: int) -> bool:
    """Whether the instruction here (the two, from Python 3.12 on) tests a value and keeps it."""
    if bytecode[at] in _KEEPING:
        return True
    after = _next(bytecode, at)
    return not _KEEPING and bytecode[at] == _COPY and after is not None and bytecode[after] in _TESTING


def _next(code: bytes, at: int) -> int | None:
    at += 2
    while at < len(code) and code[at] == _CACHE:
        at += 2
    return at if at < len(code) else None
