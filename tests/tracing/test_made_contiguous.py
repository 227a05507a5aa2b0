"""Whether a tensor is contiguous may be asked only to make it so; then no layout is taken for granted."""

import sys

import pytest
import torch

import fullgraph
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="Python 3.10 does not say which part of a line runs"
)
_WEIGHT = torch.ones(4, 3, 3, 3)
_EXAMPLE = (torch.randn(2, 3, 8, 8),)
_CHANNELS_LAST = torch.randn(2, 3, 5, 6).to(memory_format=torch.channels_last)


def by_statement(x):
    y = torch.conv2d(x, _WEIGHT)
    if not y.is_contiguous():
        y = y.contiguous()
    return y + 1


def by_expression(x):
    y = torch.conv2d(x, _WEIGHT)
    y = y if y.is_contiguous() else y.contiguous()
    z = y.contiguous() if not y.is_contiguous() else y
    return z + 1


@pytest.mark.parametrize("program", [by_statement, by_expression])
def test_what_is_made_contiguous_may_have_any_layout(program):
    exported = assert_same(program, _EXAMPLE, [(torch.randn(1, 3, 3, 3),)], dynamic_shapes={"x": "n _ h w"})

    assert "stride" not in str(exported.contract)
    torch.testing.assert_close(exported(_CHANNELS_LAST), program(_CHANNELS_LAST))


def read(x):
    y = torch.linalg.inv(x)
    return y + 1 if y.is_contiguous() else y


def with_more(x):
    y = torch.linalg.inv(x)
    if not y.is_contiguous():
        y = y.contiguous() + 1
    return y


def counted(x):
    y, copies = torch.linalg.inv(x), 0
    if not y.is_contiguous():
        y = y.contiguous()
        copies += 1
    return y * copies


def of_another(x):
    y, z = torch.linalg.inv(x), x * 2
    if not y.is_contiguous():
        z = z.contiguous()
        y = z
    return y


@pytest.mark.parametrize("program", [read, with_more, counted, of_another])
def test_an_answer_that_is_used_otherwise_is_refused_where_it_is_not_known(program):
    assert_refused(program, (torch.eye(3) * 2,), kind=Unsupported, dynamic_shapes={"x": "n n"})


def test_what_is_written_after_may_be_the_tensor_itself():
    def program(x):
        y = x * 2
        z = y if y.is_contiguous() else y.contiguous()
        z.add_(1)
        return y, z

    exported = fullgraph.export(program, (torch.randn(2, 3),), dynamic_shapes={"x": "n m"})

    x = torch.randn(4, 2)
    for ours, theirs in zip(exported(x), program(x)):
        assert torch.equal(ours, theirs)
