"""Branches of Python on dynamic sizes: same graph, an error, or a refusal; and `and`/`or` with sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import ContractError, Specialized, Unsupported
from tests.support import assert_refused, assert_same

SIZES = [(torch.randn(n, 3),) for n in (0, 1, 2, 3, 5, 40)]


def test_a_branch_whose_sides_are_the_same_assumes_nothing():
    """`causal and ...` idioms ask for a size whose answer makes no difference."""

    def scale(x, mask=None, plain=True):
        special = x.shape[0] > 1 and mask is not None
        return x * 2 if special or plain else x * 3

    program = assert_same(scale, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})

    assert not any("n" in line and ">" in line for line in program.contract.lines())


def test_a_side_that_raises_becomes_a_line_of_the_contract():
    """The program rejects a size itself; so does the contract, before anything runs."""

    def mean(x):
        if x.shape[0] == 0:
            raise ValueError("nothing to average")
        return x.mean(0)

    program = assert_same(mean, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})

    with pytest.raises(ContractError, match="n"):
        program(torch.randn(0, 3))


def test_sides_with_other_graphs_are_refused_with_the_line():
    """A named dim is dynamic in its whole range or refused."""

    def either(x):
        if x.shape[0] > 7:
            return x.sin()
        return x.cos()

    error = assert_refused(
        either, (torch.randn(4, 3),), dynamic_shapes={"x": "n _"}, kind=Specialized, line="if x.shape[0] > 7:"
    )

    assert "n <= 7" in str(error)


def test_the_same_branch_under_auto_is_an_assumption():
    """`Dim.AUTO` lets the program narrow the size, and the contract says so."""

    def either(x):
        return x.sin() if x.shape[0] > 7 else x.cos()

    program = assert_same(
        either,
        (torch.randn(4, 3),),
        SIZES[:-1],
        dynamic_shapes={"x": {0: fullgraph.Dim.AUTO}},
        refused=SIZES[-1:],
    )

    assert any("7" in line for line in program.contract.lines())


def test_branches_that_follow_each_other_are_all_looked_at():
    """The second question is only asked on one side of the first."""

    def nested(x):
        rows = x.shape[0]
        if rows > 2:
            if rows > 10:
                raise ValueError("too many")
            return x + 1
        return x + 1

    assert_same(
        nested, (torch.randn(4, 3),), SIZES[:-1], dynamic_shapes={"x": "n _"}, refused=[(torch.randn(11, 3),)]
    )


def test_what_decides_and_or_is_a_plain_boolean():
    """What Python's `and` and `or` hand on from a comparison that decided is a `bool`, as in eager."""

    def attend(x):
        causal = x.shape[0] > 1 and x.ndim == 2
        assert isinstance(causal, bool)
        return x

    assert_same(attend, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})


def test_the_last_operand_of_and_or_stays_a_question():
    def fn(x):
        return fullgraph.cond(x.ndim == 2 and x.shape[0] > 4, torch.cos, torch.sin, (x,))

    assert_same(fn, (torch.randn(4, 3),), [*SIZES, (torch.randn(9, 3),)], dynamic_shapes={"x": "n _"})


def test_a_question_as_the_argument_of_an_operator():
    """PyTorch takes a plain boolean there, so the comparison is answered, and the contract says what it relies on."""

    def attend(x):
        return nn.functional.scaled_dot_product_attention(x, x, x, is_causal=x.shape[2] > 1)

    auto = {"x": {0: fullgraph.Dim.AUTO, 2: fullgraph.Dim.AUTO}}
    program = fullgraph.export(attend, (torch.randn(1, 2, 3, 4),), dynamic_shapes=auto)

    for x in (torch.randn(2, 2, 2, 4), torch.randn(1, 2, 7, 4)):
        torch.testing.assert_close(program(x), attend(x))
    with pytest.raises(ContractError):
        program(torch.randn(2, 2, 1, 4))
    with pytest.raises(Specialized, match="n >= 2"):
        fullgraph.export(attend, (torch.randn(1, 2, 3, 4),), dynamic_shapes={"x": "_ _ n _"})


class Prepared(nn.Module):
    """Makes something at its first call and keeps it."""

    def __init__(self):
        super().__init__()
        self.ready = False
        self.factor = None

    def forward(self, x):
        if not self.ready:
            self.factor = 3.0
            self.ready = True
        return x * self.factor


class Remembering(nn.Module):
    """Keeps what its first call computed from its input."""

    def __init__(self):
        super().__init__()
        self.first = None

    def forward(self, x):
        if self.first is None:
            self.first = x.sum()
        return x + self.first


def test_state_that_only_the_first_call_prepares_is_no_obstacle():
    """Every call does the same; the attributes are put back all the same."""
    module = Prepared()

    program = assert_same(module, (torch.randn(4, 3),), SIZES, dynamic_shapes={"x": "n _"})

    assert module.ready is False
    assert module.factor is None
    assert program(torch.ones(1, 3)).sum() == 9


def test_state_computed_from_the_first_input_is_refused():
    """Eager's second call would use the first call's input."""
    with pytest.raises(Unsupported, match="first"):
        fullgraph.export(Remembering(), (torch.randn(4, 3),))


def test_a_write_that_may_be_shared_is_refused_only_if_the_other_is_used():
    """`reshape` of something whose strides nobody knows may or may not be a view."""

    def unused(x):
        y = x.t().matmul(x).t().sin().reshape(-1)
        y += 1
        return y

    def used(x):
        z = torch.einsum("ab,cb->ca", x, x)
        y = z.reshape(-1)
        y += 1
        return y, z

    assert_same(unused, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})
    try:
        assert_same(used, (torch.randn(4, 3),), SIZES[1:], dynamic_shapes={"x": "n _"})
    except Unsupported as refused:
        assert "share memory" in str(refused)
