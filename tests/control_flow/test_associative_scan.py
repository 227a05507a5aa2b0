"""associative_scan: all prefixes, of any number of elements, for any associative function."""

import pytest
import torch
from torch._higher_order_ops.associative_scan import associative_scan as torch_associative_scan

import fullgraph
from fullgraph import associative_scan
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same

LENGTHS = (1, 2, 3, 4, 5, 8, 13)


def linear(left, right):
    """The recurrence of state-space models."""
    (a, b), (c, d) = left, right
    return a * c, c * b + d


def stepwise(a, b, dim):
    state, states = None, []
    for x, y in zip(a.unbind(dim), b.unbind(dim), strict=True):
        state = y if state is None else x * state + y
        states.append(state)
    return torch.stack(states, dim)


def pair(length):
    return torch.rand(2, length, 3), torch.rand(2, length, 3)


@pytest.mark.parametrize("length", LENGTHS)
def test_eager_is_the_recurrence(length):
    """Logarithmically many steps give what one after the other gives."""
    a, b = pair(length)
    torch.testing.assert_close(associative_scan(linear, (a, b), 1)[1], stepwise(a, b, 1))
    torch.testing.assert_close(associative_scan(torch.add, a, 1, reverse=True), a.flip(1).cumsum(1).flip(1))


@pytest.mark.parametrize("function", [associative_scan, torch_associative_scan])
def test_a_dynamic_number_of_elements(function):
    """The program takes any length but none, which eager refuses too."""

    def states(a, b):
        return function(linear, (a, b), dim=1, combine_mode="generic")[1]

    program = assert_same(
        states,
        pair(5),
        [pair(n) for n in LENGTHS],
        dynamic_shapes={"a": "2 n 3", "b": "2 n 3"},
        refused=[pair(0)],
    )

    for length in LENGTHS:
        a, b = pair(length)
        torch.testing.assert_close(program.graph_module(a, b)[0], stepwise(a, b, 1))


def test_gradients():
    """Through the program as through the recurrence."""
    program = fullgraph.export(lambda a, b: associative_scan(linear, (a, b), 1)[1], pair(4))
    given = [x.requires_grad_() for x in pair(4)]

    expected = torch.autograd.grad(stepwise(*given, 1).sin().sum(), given)
    torch.testing.assert_close(torch.autograd.grad(program(*given).sin().sum(), given), expected)


def test_a_function_that_is_not_pointwise():
    """Matrix products, with a tensor from outside: the function is recorded for one pair and runs on many."""

    def products(x, w):
        return associative_scan(lambda a, b: (a @ w) @ b.reshape(3, 3), x)

    calls = [(torch.rand(n, 3, 3), torch.eye(3) * 0.5) for n in LENGTHS]
    assert_same(products, calls[3], calls, dynamic_shapes={"x": "n _ _"})


def test_a_function_that_writes_is_refused():
    """The order of its calls is nobody's business."""

    def counting(x):
        def combine(a, b):
            x.add_(1)
            return a + b

        return associative_scan(combine, x * 2)

    assert_refused(counting, (torch.ones(4),), kind=Unsupported)


def test_a_function_that_returns_something_else_is_refused():
    """What is combined is combined again."""
    assert_refused(
        lambda x: associative_scan(lambda a, b: (a + b).double(), x), (torch.ones(4),), kind=Unsupported
    )
