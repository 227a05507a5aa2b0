"""`is True` of a condition on sizes: asked for its answer before anybody compares it by identity."""

import math

import pytest
import torch

from fullgraph import Dim
from fullgraph.errors import Specialized
from tests.support import assert_refused, assert_same

X = torch.rand(6, 2)
OTHERS = [(torch.rand(n, 2),) for n in (4, 9)]
REFUSED = [(torch.rand(n, 2),) for n in (0, 3)]


def helper(causal):
    return 1 if causal is True else 2


def made_elsewhere(n):
    return n > 3


def at_once(x):
    return x + (1 if (x.shape[0] > 3) is True else 2)


def kept(x):
    long = x.shape[0] > 3
    return x * 3 if long is not False else x


def by_pattern(x):
    match x.shape[0] > 3:
        case True:
            return x + 1
        case False:
            return x + 2


def in_the_caller(x):
    return x + (1 if made_elsewhere(x.shape[0]) is True else 2)


def in_the_called(x):
    return x + helper(x.shape[0] > 3)


def in_an_inner_function(x):
    def inner(flag):
        return flag is True

    return x + (1 if inner(x.shape[0] > 3) else 2)


def connected(x):
    return x + (1 if ((x.shape[0] > 3) & (x.shape[0] > 2)) is True else 2)


def by_a_function(x):
    return x + (1 if math.isclose(math.exp(-min(x.shape[0], 4)), math.exp(-4)) is True else 2)


class Model(torch.nn.Module):
    def forward(self, x):
        return x + self.scale(x.shape[0] > 3)

    @staticmethod
    def scale(long):
        return 1 if long is True else 2


class Scaled(torch.nn.Module):
    def forward(self, x):
        return x + self.scale(x.shape[0] > 3)

    def scale(self, long):
        return 1 if long is not False else 2


@pytest.mark.parametrize(
    "program",
    [
        at_once,
        kept,
        by_pattern,
        in_the_caller,
        in_the_called,
        in_an_inner_function,
        connected,
        Model(),
        Scaled(),
    ],
)
def test_the_answer_is_asked_for(program):
    """Under AUTO the contract says which side it is; a dynamic dim refuses."""
    assert_same(program, (X,), OTHERS, dynamic_shapes={"x": (Dim.AUTO, None)}, refused=REFUSED)
    assert_refused(program, (X,), kind=Specialized, dynamic_shapes={"x": (Dim.DYNAMIC, None)})


def test_what_no_comparison_made_is_asked_too():
    assert_same(by_a_function, (X,), OTHERS, dynamic_shapes={"x": (Dim.AUTO, None)}, refused=REFUSED)


def test_dynamic_truth_values_are_asked_at_the_start():
    def program(x, flag):
        return x + (1 if flag is True else 2)

    spec = (None, Dim.AUTO)
    assert_same(program, (X, True), dynamic_shapes=spec, refused=[(X, False)])
    assert_same(lambda x, flag: x + torch.tensor(flag), (X, True), [(X, False)], dynamic_shapes=spec)


def test_without_such_a_test_conditions_stay_open():
    assert_same(lambda x: x * (x.shape[0] > 3), (X,), [*OTHERS, *REFUSED], dynamic_shapes={"x": "n _"})


def test_a_condition_that_is_only_tested_is_not_asked_before():
    """An assertion on values asks where it jumps, and is then made at each run."""

    def program(x, positions, flag=None):
        if positions.max().item() > x.shape[0]:
            raise ValueError
        return x if flag is True else x * 2

    given = torch.arange(3)
    assert_same(
        program, (X, given), [(X[:4], given)], dynamic_shapes={"x": "n _", "positions": "m", "flag": None}
    )
