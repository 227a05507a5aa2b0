"""Sizes that satisfy conditions are found where trying all would not come to them."""

from __future__ import annotations

import pytest
import torch

from fullgraph.contract import Input, Parameters, read_specs
from fullgraph.symbolic import add, and_, eq, evaluate, floordiv, gt, lt, mod, mul, ne, not_, symbol
from fullgraph.tracing.finding_sizes import sizes_for

a, b, c, d = map(symbol, "abcd")


def specs_of(rows):
    inputs = [Input("x", ("x",), torch.zeros(rows[:2])), Input("y", ("y",), torch.zeros(rows[2:]))]
    return read_specs(inputs, {"x": "a b", "y": "c d"}, None, None, Parameters(("x", "y")))


@pytest.mark.parametrize(
    "condition",
    [
        eq(a, 37),
        and_(gt(a, b), gt(b, c), gt(c, d)),
        and_(*(eq(mod(size, 2), 1) for size in (a, b, c, d)), gt(mul(a, b), mul(c, d))),
        and_(eq(add(a, b), 11), lt(a, c), ne(floordiv(c, add(a, 1)), 0)),
        not_(eq(floordiv(a, b), 0)),
    ],
)
@pytest.mark.parametrize("rows", [(6, 4, 2, 8), (0, 0, 0, 0)])
def test_what_is_found_satisfies_the_condition(condition, rows):
    found = sizes_for(condition, [], specs_of(rows))

    assert found is not None
    assert evaluate(condition, found)


def test_what_an_equality_ties_changes_along():
    found = sizes_for(gt(a, 7), [eq(c, mul(2, a)), ne(b, 0)], specs_of((6, 4, 12, 8)))

    assert found == {a: 12, b: 4, c: 24, d: 8}


def test_nothing_is_found_where_there_is_nothing():
    assert sizes_for(and_(gt(a, b), gt(b, c), gt(c, a)), [], specs_of((6, 4, 2, 8))) is None
