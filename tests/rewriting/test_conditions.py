"""`and`, `or`, `not` and chains of comparisons whose value is kept: as eager, at sizes that decide them otherwise."""

from __future__ import annotations

import pytest
import torch

from fullgraph import Specialized
from tests.support import assert_refused, assert_same

SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 33)


def chain(x):
    return x * (2 < x.shape[0] < 9)


def longer_chain(x):
    n = x.shape[0]
    return x * (1 < n <= 5 != n < 9)


def conjunction(x):
    n = x.shape[0]
    inside = n > 3 and n < 8
    return x * inside


def disjunction(x):
    n = x.shape[0]
    outside = n < 3 or n > 8
    return x * outside


def negation(x):
    small = not x.shape[0] > 3
    return x * small


def of_a_conjunction(x):
    n = x.shape[0]
    outside = not (n > 3 and n < 8)
    return x * outside + (not outside)


def in_a_sum(x):
    n = x.shape[0]
    return x * sum([n > 3 and n < 8, not n > 5, 2 < n <= 7, n == 1 or n == 2 or n == 4])


def with_a_plain_operand(x, mask=None):
    alone = x.shape[0] > 3 and mask is None
    return x * alone


def in_a_comprehension(x):
    n = x.shape[0]
    return x * sum([k < n < 8 for k in range(3) if k != 1 or n is None])


def in_inner_functions(x):
    n = x.shape[0]

    def inner(k):
        return k < n and n < 7

    return x * inner(2) + (lambda: 1 < n < 5)()


def of_a_tensor(x):
    n = x.shape[0]
    return torch.where(torch.tensor(n > 3 and n < 8), x, -x)


PROGRAMS = [
    chain,
    longer_chain,
    conjunction,
    disjunction,
    negation,
    of_a_conjunction,
    in_a_sum,
    with_a_plain_operand,
    in_a_comprehension,
    in_inner_functions,
    of_a_tensor,
]


@pytest.mark.parametrize("rows", [5, 10, 1])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_condition_that_is_kept_is_a_value(program, rows):
    more = [(torch.randn(size, 3),) for size in SIZES]
    exported = assert_same(program, (torch.randn(rows, 3),), more, dynamic_shapes={"x": "n _"})

    assert not [line for line in exported.contract.lines() if line.startswith("n ")]


def with_another_value(x):
    found = x.shape[0] > 3 and [1]
    return x * len(found or [])


def with_a_tensor(x):
    found = x.shape[0] > 3 and x[0].sum() > 0
    return x * (1 if found is False else 2)


def with_an_index_that_may_fail(x):
    found = x.shape[0] > 3 and (2, 3, 4, 5)[x.dim()] > 3
    return x * (2 if found else 3)


@pytest.mark.parametrize("program", [with_another_value, with_a_tensor, with_an_index_that_may_fail])
def test_what_only_python_can_decide_is_a_branch(program):
    assert_refused(program, (torch.randn(5, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)


def test_a_property_runs_only_where_python_reads_it():
    """It may do anything; here it counts in a buffer, which for few rows stays as it was."""

    class Counting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))

        @property
        def counted(self):
            self.count.add_(1)
            return True

        def forward(self, x):
            many = x.shape[0] > 3 and self.counted
            return x * many

    assert_refused(Counting(), (torch.randn(5, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized)


def test_an_operand_that_is_not_reached_is_not_evaluated():
    def program(x, other=None):
        wide = other is not None and other.shape[0] > 3
        deep = x.shape[0] > 3 and x.shape[0] < 9
        return x * wide + deep

    more = [(torch.randn(size, 3),) for size in SIZES]
    assert_same(program, (torch.randn(5, 3),), more, dynamic_shapes={"x": "n _"})
