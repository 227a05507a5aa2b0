"""Tensors that become others in place: `resize_`, `set_`, `.data = `, `t_`, with the views taken of them before."""

from __future__ import annotations

import pytest
import torch

from fullgraph import Dim
from fullgraph.errors import ContractError, Unsupported
from tests.support import assert_refused, assert_same

X = torch.arange(12.0).view(3, 4)
OTHERS = [(torch.rand(1, 5),), (torch.rand(2, 1),), (torch.rand(7, 2),)]


def _smaller(x):
    z = x * 2
    column = z[:, 0]
    z.resize_(1)
    z.add_(3)
    return z, column


def _larger(x):
    """What was taken before shares the memory of what came after."""
    z = x * 2
    row = z[0]
    z.resize_(x.shape[0] + 1, x.shape[1] + 1)
    row.mul_(3)
    z.view(-1)[0] = 7
    return z.view(-1)[: x.numel()], row


def _either(x):
    """Larger or smaller, as the sizes tell."""
    z = x.clone(memory_format=torch.contiguous_format)
    z.resize_(4, 2)
    return z.view(-1)[: min(x.numel(), 8)]


def _from_nothing(x):
    z = torch.empty(0)
    z.resize_(x.shape).copy_(x)
    z.add_(1)
    return z


def _as_another(x):
    z = x + 1
    return z.resize_as_(x.t())


def _twice(x):
    z = x + 1
    first = z[:1]
    z.resize_(x.shape[0] * 2, x.shape[1])
    z.resize_(x.shape[1], x.shape[0])
    z.neg_()
    return z, first


def _of_its_own_sizes(x):
    return x.resize_(x.shape) + 1


@pytest.mark.parametrize(
    "program", [_smaller, _larger, _either, _from_nothing, _as_another, _twice, _of_its_own_sizes]
)
def test_resize(program):
    """The elements that were there stay, in the order in which they lie in memory, and views still see them."""
    assert_same(program, (X,), OTHERS, dynamic_shapes={"x": (Dim.AUTO, Dim.AUTO)})


def test_resize_reads_memory():
    """In which order elements lie follows from the layout of the inputs."""
    program = assert_same(lambda x: (x * 2).resize_(2, 2), (X,))
    with pytest.raises(ContractError):
        program(torch.rand(4, 3).t())


def _set(x):
    z = torch.empty(0)
    z.set_(x)
    z.add_(1)
    return z


def _set_to_another_size(x):
    z = x * 2
    before = z[0]
    z.set_(x[:, 0] + 1)
    before.add_(1)
    return z, before


def _data(x):
    z = torch.zeros(2)
    z.data = x.t()
    z.mul_(2)
    return z, z.dim()


def _data_kept(x):
    z = x * 2
    w = z.clone()
    z.data = w
    w.add_(1)
    return z


@pytest.mark.parametrize("program", [_set, _set_to_another_size, _data, _data_kept])
def test_other_memory(program):
    """The tensor is another name for what it was set to, and writes to one are writes to the other."""
    assert_same(program, (X,), OTHERS, dynamic_shapes={"x": (Dim.AUTO, Dim.AUTO)}, aliasing=True)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.resize_(1),
        lambda x: x[0].resize_(7),
        lambda x: x.set_(x + 1),
        lambda x: x.t_(),
        lambda x: setattr(x, "data", x + 1),
        lambda x: (x * 2)[1:].resize_(2),
        lambda x: torch.nn.functional.pad(x.t(), (1, 1)).t().clone().resize_(3),
        lambda x: (x[None, None] * 2).resize_(2, 1, 2, 1, memory_format=torch.channels_last),
        lambda x: setattr(x * 2, "data", x.long()),
        lambda x: (x * 2).set_(torch.ones(3).untyped_storage()),
    ],
)
def test_what_a_graph_cannot_follow_is_refused(program):
    """An argument outlives the program; of other tensors it may not be known how they lie in memory."""
    assert_refused(program, (X,), kind=Unsupported, line="lambda")


def test_tensors_that_require_grad():
    """Eager's own error."""
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        assert_same(lambda x: (x * 2).resize_(2), (X.clone().requires_grad_(),))
