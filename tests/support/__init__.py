"""What tests share: one assertion (same as eager), refusals, golden texts, how often was traced."""

from tests.support.compare import assert_equal
from tests.support.golden import assert_golden
from tests.support.refused import assert_refused
from tests.support.same import Call, assert_same, assert_same_gradients
from tests.support.traces import counted_traces

__all__ = [
    "Call",
    "assert_equal",
    "assert_golden",
    "assert_refused",
    "assert_same",
    "assert_same_gradients",
    "counted_traces",
]
