"""Sparse tensors as inputs, buffers and results of operators: layouts are eager's, contents are nobody's to ask."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import Dim
from fullgraph.errors import ContractError, DataDependent, Unsupported
from tests.support import assert_refused

pytestmark = pytest.mark.filterwarnings("ignore:Sparse")
DENSE = torch.arange(12.0).view(3, 4)
LAYOUTS = {
    "coo": torch.eye(3).to_sparse(),
    "csr": torch.eye(3).to_sparse_csr(),
    "csc": torch.eye(3).to_sparse_csc(),
}


def _same(program, function, *args):
    actual, expected = program(*[arg.clone() for arg in args]), function(*[arg.clone() for arg in args])
    assert actual.layout is expected.layout
    torch.testing.assert_close(actual.to_dense(), expected.to_dense())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "function",
    [
        lambda a, x: a,
        lambda a, x: a.to_dense() @ x,
        lambda a, x: torch.sparse.mm(a, x).relu(),
        lambda a, x: a @ x,
        lambda a, x: a + a,
        lambda a, x: (a * 2).to(torch.float64),
        lambda a, x: a.t(),
        lambda a, x: a.clone(),
        lambda a, x: x + 1 if a.is_sparse else x * 2,
        lambda a, x: x + 1 if a.layout is torch.sparse_csr else x * 2,
        lambda a, x: a.to_dense() if a.to_dense().is_sparse else a,
    ],
)
def test_a_sparse_argument(layout, function):
    """What operators make of it has eager's layout."""
    args = LAYOUTS[layout], DENSE
    _same(fullgraph.export(function, args), function, *args)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x * 2).to_sparse(),
        lambda x: (x * 2).to_sparse().to_dense(),
        lambda x: torch.sparse.mm(x.to_sparse(), x.t()),
        lambda x: x.to_sparse_csr() @ x.t() + 1,
        lambda x: torch.sparse.softmax(x.to_sparse(), dim=1),
        lambda x: torch.sparse.sum(x.to_sparse(), dim=0),
    ],
)
def test_a_sparse_result_of_dynamic_sizes(function):
    """Sizes come from the rules."""
    program = fullgraph.export(function, (DENSE,), dynamic_shapes={"x": (Dim.AUTO, Dim.AUTO)})
    for other in (DENSE, torch.rand(1, 5), torch.rand(7, 2), torch.zeros(2, 1)):
        _same(program, function, other)


class _Neighbours(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("edges", torch.eye(3).to_sparse())
        self.register_buffer("seen", torch.zeros(()))
        self.linear = nn.Linear(4, 2)

    def forward(self, x, weights):
        self.seen.add_(1)
        return torch.sparse.mm(self.edges, self.linear(x)) + weights.to_dense().sum()


def test_a_sparse_buffer_beside_one_that_is_written():
    """Memory is compared by what indices and values lie in."""
    module = _Neighbours()
    weights = torch.eye(2).to_sparse_csr()
    program = fullgraph.export(module, (DENSE, weights))
    torch.testing.assert_close(program(DENSE, weights), module(DENSE, weights))
    assert module.seen == 2


def test_memory_shared_with_the_values():
    """A write to the values of a sparse argument is a write to it."""

    def program(a, v):
        v.add_(1)
        return a.to_dense()

    values = torch.rand(3)
    over_it = torch.sparse_coo_tensor(torch.tensor([[0, 1, 2], [0, 1, 2]]), values, (3, 3))
    with pytest.raises(Unsupported, match="shares memory"):
        fullgraph.export(program, (over_it, values))
    with pytest.raises(ContractError, match="share"):
        fullgraph.export(program, (over_it, values.clone()))(over_it, values)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda a: a.coalesce().values(), DataDependent),
        (lambda a: a.shape[0] if a._nnz() else 0, DataDependent),
        (lambda a: a.is_coalesced(), DataDependent),
        (lambda a: a.mul_(2), Unsupported),
        (lambda a: torch.add(a, a, out=a), Unsupported),
    ],
)
def test_what_is_stored_is_not_known(function, kind):
    """Nor can it be written."""
    assert_refused(function, (LAYOUTS["coo"],), kind=kind, line="lambda")


def test_the_layout_is_checked_at_the_call():
    """As every property of an argument."""
    program = fullgraph.export(lambda a: a.to_dense(), (LAYOUTS["coo"],))
    with pytest.raises(ContractError, match="layout"):
        program(torch.eye(3))


def test_sparse_operands_of_branches_and_loops():
    """They are used inside; what comes out is recorded without a layout, so it is not sparse."""

    def used(a, x):
        one = fullgraph.cond(x.sum() > 0, lambda a: torch.sparse.mm(a, x), lambda a: a.to_dense() @ x, (a,))
        return fullgraph.map(lambda row: torch.sparse.mm(a, row[:, None])[:, 0], one.t())

    args = LAYOUTS["coo"], DENSE
    _same(fullgraph.export(used, args), used, *args)

    for returned in (
        lambda a, x: fullgraph.cond(x.sum() > 0, lambda a: a * 2, lambda a: a + a, (a,)),
        lambda a, x: fullgraph.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * 2), (x[0, 0], a))[1],
        lambda a, x: fullgraph.map(lambda row: row * 2, a),
    ):
        assert_refused(returned, args, kind=Unsupported, line="lambda")
