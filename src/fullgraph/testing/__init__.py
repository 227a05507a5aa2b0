"""For test suites: is a function captured, and does its program do what the function does?

What enters: the comparison of a program with eager, and assertions on it for a user's own tests. ExportDB's runner
asks the same questions through the same functions.
"""

from fullgraph.testing.calls import Call, as_call
from fullgraph.testing.captures import assert_captures
from fullgraph.testing.compare import Difference, differences
from fullgraph.testing.side_by_side import (
    Program,
    SideBySide,
    call_both,
    compare_call,
    compare_rejection,
    state_of,
)

__all__ = [
    "Call",
    "Difference",
    "Program",
    "SideBySide",
    "as_call",
    "assert_captures",
    "call_both",
    "compare_call",
    "compare_rejection",
    "differences",
    "state_of",
]
