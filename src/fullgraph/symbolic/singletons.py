"""Whether a truth value may come to be compared with `True` or `False` by identity, which nobody is asked about.

`causal is True` and `case True:` are false of a condition that is not decided, whatever it will be. So a condition is
asked for its answer at once where it is made in a function with such a test, in one that it called, or in one that
calls such a function by name.
"""

from __future__ import annotations

import dis
import itertools
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType

from fullgraph.source import Owner, is_trace_boundary, owner_of

_IS = dis.opmap["IS_OP"]
_GIVES_A_CONDITION = frozenset(
    code for name, code in dis.opmap.items() if name == "COMPARE_OP" or name.startswith("CALL")
)

# Keyed by identity: code objects compare by value, and slowly. The code object is kept, so its id stays its own.
_known: dict[int, tuple[bool, CodeType]] = {}


def is_tested_for_identity(frame: FrameType | None) -> bool:
    """Whether a function of the program that is running in `frame` or below has such a test, or calls one that has."""
    below = frame
    while below is not None and not is_trace_boundary(below.f_code):
        if tests_for_identity(below.f_code):
            return True
        below = below.f_back
    return frame is not None and any(tests_for_identity(code) for code in _named_by(frame))


def gives_a_condition(frame: FrameType) -> bool:
    """Whether a comparison made now is what a function outside of PyTorch is executing.

    What PyTorch compares for its own purposes (`x[:n]`) the program never sees.
    """
    is_outside = owner_of(frame.f_code.co_filename) in (Owner.USER, Owner.PACKAGE, Owner.STANDARD_LIBRARY)
    return is_outside and frame.f_code.co_code[frame.f_lasti] in _GIVES_A_CONDITION


def is_only_checked(frame: FrameType) -> bool:
    """Whether one of PyTorch's own checks (`torch._check_tensor_all`) asks; the program never sees the answer."""
    asking: FrameType | None = frame
    while asking is not None and owner_of(asking.f_code.co_filename) is Owner.FULLGRAPH:
        asking = asking.f_back
    if asking is None or owner_of(asking.f_code.co_filename) is not Owner.TORCH:
        return False
    return asking.f_code.co_name.startswith("_check")


def tests_for_identity(code: CodeType) -> bool:
    """Whether a function of the program, or one inside it, compares something with `True` or `False` by identity."""
    known = _known.get(id(code))
    if known is None:
        known = _known[id(code)] = _looks_so(code), code
    return known[0]


def _looks_so(code: CodeType) -> bool:
    if owner_of(code.co_filename) not in (Owner.USER, Owner.PACKAGE):
        return False
    if any(isinstance(inner, CodeType) and tests_for_identity(inner) for inner in code.co_consts):
        return True
    if not any(type(constant) is bool for constant in code.co_consts) or _IS not in code.co_code[::2]:
        return False
    instructions = list(dis.get_instructions(code))
    return any(
        after.opname == "IS_OP" and type(before.argval) is bool and before.opname.startswith("LOAD_")
        for before, after in itertools.pairwise(instructions)
    )


def _named_by(frame: FrameType) -> Iterator[CodeType]:
    """Yield the code of the functions and methods whose names the function uses that is running in `frame`."""
    code = frame.f_code
    if owner_of(code.co_filename) not in (Owner.USER, Owner.PACKAGE):
        return
    first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
    for name in code.co_names:
        # Not `getattr`: a class may compute what it is asked for.
        for names in (frame.f_globals, *map(vars, type(first).__mro__)):
            found = names.get(name)
            function = found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
            if isinstance(function, FunctionType):
                yield function.__code__
