"""What tests share: one assertion (same as eager), refusals, golden texts."""

from tests.support.compare import assert_equal
from tests.support.golden import assert_golden
from tests.support.refused import assert_refused
from tests.support.same import Call, assert_same, assert_same_gradients

__all__ = ["Call", "assert_equal", "assert_golden", "assert_refused", "assert_same", "assert_same_gradients"]
