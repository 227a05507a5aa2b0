"""Views that have an element more than once, and those that begin outside of their tensor."""

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.errors import ContractError, Unsupported
from tests.support import assert_refused, assert_same

OVERLAPPING = {
    "unfold": lambda x: x.unfold(0, 3, 1).mul_(2),
    "unfold by a size": lambda x: x.unfold(0, 2, 1)[0].add_(1),
    "as_strided": lambda x: x.as_strided((3, 2), (1, 1)).mul_(2),
    "as_strided by nothing": lambda x: x.as_strided((3,), (0,)).add_(1),
}


@pytest.mark.parametrize("write", OVERLAPPING.values(), ids=OVERLAPPING)
def test_a_view_with_an_element_twice_is_not_written(write):
    """Eager multiplies such an element as often as its loop meets it."""
    assert_refused(write, (torch.rand(6),), kind=Unsupported, line="lambda x", dynamic_shapes={"x": "n"})


def test_windows_that_do_not_overlap_are_written():
    def program(x):
        x.unfold(0, 2, 3).mul_(2)
        y = torch.ones(2, x.shape[0])
        y.as_strided((2, x.shape[0]), (x.shape[0], 1)).add_(x)
        return y

    assert_same(program, (torch.rand(6),), [(torch.rand(n),) for n in (2, 3, 9)], dynamic_shapes={"x": "n"})


def test_as_strided_begins_inside_the_tensor():
    """What a storage holds beyond the tensor is not there in the graph; a slice would end before it."""
    beyond = torch.rand(10)[:4]
    assert_refused(lambda x: x.as_strided((2,), (1,), 6), (beyond,), kind=Unsupported, line="as_strided")

    def program(x, start):
        return x.as_strided((2,), (1,), start)

    exported = fullgraph.export(program, (torch.arange(6.0), 2), dynamic_shapes={"x": "n", "start": Dim.AUTO})
    assert torch.equal(exported(torch.arange(9.0), 7), torch.tensor([7.0, 8.0]))
    for start in (-1, 10):
        with pytest.raises((ContractError, RuntimeError)):
            exported(torch.arange(9.0), start)


IN_TURN = {
    "one tensor twice": lambda x, y: torch._foreach_add_([x, x], 1),
    "read at the next place": lambda x, y: torch._foreach_add_([x, y], [y, x]),
    "parts": lambda x, y: torch._foreach_mul_([x[0], x[1]], [x[1], y[0]]),
    "a list of outputs": lambda x, y: torch.unbind_copy(x, out=[x[1], x[0]]),
}


@pytest.mark.parametrize("write", IN_TURN.values(), ids=IN_TURN)
def test_what_an_operator_on_lists_writes_is_not_read_at_another_place(write):
    """Eager goes from one place to the next; a pure operator reads everything first."""
    args = torch.rand(2, 3), torch.rand(2, 3)
    assert_refused(write, args, kind=Unsupported, line="lambda x, y")


def test_operators_on_lists_whose_places_are_apart():
    def program(x, y):
        torch._foreach_add_([x[0], x[1]], 1)
        torch._foreach_mul_([x, y], [x, y])
        a, b = x.new_empty(x.shape[1]), y[1]
        torch.unbind_copy(x, out=[a, b])
        return a, x * y

    args = torch.rand(2, 3), torch.rand(2, 3)
    more = [(torch.rand(2, n), torch.rand(2, n)) for n in (0, 1, 5)]
    assert_same(program, args, more, dynamic_shapes={"x": "_ n", "y": "_ n"})
