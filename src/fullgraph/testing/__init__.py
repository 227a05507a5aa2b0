"""For test suites: is a function captured, and does its program do what the function does?

What enters: the comparison of a program with eager, and assertions on it for a user's own tests. ExportDB's runner
asks the same questions through the same functions.
"""

from fullgraph.testing.calls import Call, as_call
from fullgraph.testing.captures import assert_captures
from fullgraph.testing.compare import Difference, differences
from fullgraph.testing.side_by_side import compare_call, compare_rejection

__all__ = [
    "Call",
    "Difference",
    "as_call",
    "assert_captures",
    "compare_call",
    "compare_rejection",
    "differences",
]
