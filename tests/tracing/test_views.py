"""Writes through chains of views: the viewed tensor changes as in eager, and outputs share memory as there."""

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.errors import ContractError, Specialized, Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients


def through_transpose(x):
    x.t()[1].mul_(2)


def through_select(x):
    x.select(1, 2).add_(3)


def through_column(x):
    x[:, 0] += 1


def through_diagonal(x):
    x.diagonal().add_(1)


def through_off_diagonal(x):
    torch.diagonal(x, 1).zero_()


def through_unfold(x):
    x.unfold(1, 2, 2).mul_(3)


def through_as_strided(x):
    x.as_strided((2, 2), (4, 1), 1).add_(1)


def through_as_strided_of_a_view(x):
    x[1:].as_strided((1, 2), (4, 2)).mul_(5)


def through_narrow(x):
    x.narrow(1, 1, 2).zero_()


def through_split(x):
    first, second = x.split(2, 1)
    first.add_(second)


def through_chunk(x):
    x.chunk(2, 1)[1].neg_()


def through_tensor_split(x):
    x.tensor_split(3, 1)[1].neg_()


def through_unsafe_split(x):
    torch.unsafe_split(x, 2, 1)[1].neg_()


def through_unbind(x):
    for column in x.unbind(1):
        column.mul_(2)


def through_iteration(x):
    for column in x.t():
        column.sub_(column.sum())


def through_movedim(x):
    x.movedim(0, 1)[0].add_(1)


def through_permute(x):
    x.permute(1, 0)[0, 1:] = 0.5


def through_swapaxes(x):
    x.swapaxes(0, 1).narrow(0, 0, 1).mul_(3)


def through_matrix_transposes(x):
    x.mT[0] = 1
    x.T[1] = 2
    x.H[2] = 3


def through_unsqueeze(x):
    x[..., None].unsqueeze(0)[0].mul_(2)


def through_flatten(x):
    x.flatten()[1:3].fill_(7)


def through_reshape(x):
    x.reshape(-1, 2, 2)[:, 0, 1] += 1


def through_view(x):
    x.view(-1)[::3] = 1


def through_unflatten(x):
    x.unflatten(1, (2, 2))[:, 1].mul_(2)


def through_expand_that_repeats_nothing(x):
    x.expand(1, -1, -1).add_(1)


def through_dtype(x):
    x.view(torch.int32).zero_()


def through_detach(x):
    x.detach().add_(1)
    x.data.mul_(2)


def through_no_change(x):
    x.to(torch.float32).contiguous().float().view_as(x).type_as(x).expand_as(x).add_(1)


def through_composites(x):
    torch.atleast_2d(x).add_(1)
    torch.einsum("ij->ji", x)[0].mul_(2)
    torch.broadcast_tensors(x, x)[0].add_(1)
    x.sum_to_size(x.shape).mul_(2)


def through_idle_dropout(x):
    torch.nn.functional.dropout(x, 0.5, training=False).add_(1)


VIEWS = [value for name, value in list(globals().items()) if name.startswith("through_")]


@pytest.mark.parametrize("write", VIEWS, ids=lambda write: write.__name__)
def test_a_write_through_a_view_changes_an_input(write):
    """The caller's tensor holds what eager would have left in it, at every number of rows."""

    def program(x):
        write(x)
        return x * 2, x[1]

    more = [(torch.randn(5, 4),), (torch.randn(2, 4),)]
    if write is through_as_strided_of_a_view:
        more = more[:1]
    assert_same(program, (torch.randn(3, 4),), more, dynamic_shapes={"x": "n _"}, aliasing=True)


@pytest.mark.parametrize("write", VIEWS, ids=lambda write: write.__name__)
def test_a_write_through_a_view_changes_an_intermediate(write):
    """A tensor that the program made shows the write too, and so does an older view of it."""

    def program(x):
        y = x * 1
        older = y[1:]
        write(y)
        return y, older, x

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(3, 4),)], aliasing=True)


@pytest.mark.parametrize(
    "write",
    [
        through_column,
        through_diagonal,
        through_unfold,
        through_permute,
        through_reshape,
        through_matrix_transposes,
    ],
    ids=lambda write: write.__name__,
)
def test_gradients_flow_through_writes_to_views(write):
    """What was overwritten gets no gradient, what was not gets eager's."""

    def program(x, w):
        y = x * w
        write(y)
        y[1:] = y[:1].clone() * w[1:]
        return y * x

    assert_same_gradients(program, [torch.randn(3, 4, requires_grad=True) for _ in range(2)])


def test_complex_views():
    """Real and imaginary parts, and a complex view of pairs of numbers, are windows onto one tensor."""

    def program(x):
        c = torch.complex(x, x)
        c.real.add_(1)
        c.imag[0].mul_(2)
        torch.view_as_real(c)[..., 0].mul_(3)
        pairs = x * 1
        torch.view_as_complex(pairs.view(-1, 2, 2)).mul_(1j)
        torch.real(x).add_(1)
        return c, pairs, x

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(6, 4),)], dynamic_shapes={"x": "n _"})


def test_conjugate_views():
    """A write to a conjugate is seen conjugated, and `resolve_conj` copies only what is one."""

    def program(x):
        c = torch.complex(x, x + 1)
        c.conj()[0] = 2 + 3j
        c.adjoint()[:, 1].mul_(1j)
        c.mH[0].add_(1j)
        c.conj().imag.add_(5)
        c.conj().resolve_conj().zero_()
        c[0].resolve_conj().mul_(2)
        return c, c.conj()

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(6, 4),)], dynamic_shapes={"x": "n _"})


def test_operators_that_hand_back_their_argument():
    """What is done to `x.float()` of a float tensor is done to the tensor, as they are one object."""

    def program(x):
        y = x * 1
        same = torch.nn.functional.dropout(y.to(torch.float32).float().cpu().type_as(x), 0.1, False)
        same.t_()
        return y, same, same is y

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(3, 4),)])


def test_operators_that_turn_the_tensor_itself():
    """After `y.t_()` the tensor is turned, and a view taken before still looks at the same elements."""

    def program(x):
        y = x * 1
        row = y[0]
        y.t_().transpose_(0, 1).unsqueeze_(0).squeeze_(0)
        y.swapaxes_(0, 1)
        row.add_(1)
        y[0].mul_(2)
        return y, row, y.shape

    assert_same(
        program, (torch.randn(3, 4),), [(torch.randn(6, 4),)], dynamic_shapes={"x": "n _"}, aliasing=True
    )


def test_an_input_cannot_be_turned():
    """What is written back are contents, so `x.t_()` on an input is refused."""
    assert_refused(lambda x: x.t_(), (torch.zeros(3, 4),), kind=Unsupported, line="x.t_()")


def test_a_reshape_that_copies():
    """Of a transposed tensor, `reshape` and `contiguous` give copies: a write to one does not show in the other."""

    def program(x):
        y = x * 1
        copied = y.t().reshape(-1)
        copied[0] = 5
        z = x.t().contiguous()
        z.add_(1)
        return y, copied, z

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(3, 4),)], aliasing=True)


def test_the_layout_that_decided_is_in_the_contract():
    """A written reshape shares memory or not by the input's layout, so an input laid out otherwise is refused."""

    def program(x):
        x.reshape(-1)[0] = 1
        return x + 1

    assert_same(program, (torch.zeros(3, 4),), [(torch.ones(3, 4),)], refused=[(torch.zeros(4, 3).t(),)])


def test_layout_unknown_is_refused():
    """Where sizes decide whether a written reshape shares memory, the program is refused."""

    def program(x):
        y = x * 1
        y.t().reshape(-1)[0] = 5
        return y

    assert_refused(program, (torch.zeros(3, 4),), dynamic_shapes={"x": "n _"}, kind=Unsupported, line="= 5")


def test_a_write_keeps_the_layout():
    """Overwritten by a transposed tensor, a tensor can still be viewed as it was laid out before."""

    def program(x):
        y = torch.zeros(4, 3)
        y.copy_(x.t())
        y.t().copy_(x * 2)
        y += x.t()
        return y.view(-1), y.is_contiguous()

    assert_same(program, (torch.randn(3, 4),), [(torch.randn(3, 4),)])


def test_an_input_that_is_not_contiguous():
    """Inputs in another memory layout are written in place as in eager."""

    def program(x):
        x[:, 1].mul_(2)
        x.permute(1, 0, 2, 3)[0] = 7
        return x[:, 0]

    example = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    assert_same(program, (example,), [(torch.randn(2, 3, 4, 4),)])


def test_an_expanded_tensor_is_not_written():
    """Eager's own error, as several elements would be one."""
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        assert_same(lambda x: x.expand(2, 3).add_(1), (torch.zeros(3),))


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x[1:].copy_(x[:-1]),
        lambda x: x[:, 1:].add_(x[:, :-1]),
        lambda x: x[:3, :3].copy_(x[:3, :3].t()),
        lambda x: torch.add(x[0:2], 1, out=x[1:3]),
    ],
)
def test_reads_that_overlap_a_write_are_refused(write):
    """What eager does there depends on the order of its loop."""
    assert_refused(write, (torch.zeros(4, 4),), kind=Unsupported, line="lambda")


def test_parts_of_one_tensor_that_are_apart():
    """Pieces that have no element in common can be read and written together."""

    def program(x):
        x[0].copy_(x[1])
        x[:, :2] = x[:, 2:]
        x[::2].add_(x[1::2])
        x.t()[0].mul_(x.t()[1])
        x.copy_(x.t().t())
        left, right = x.chunk(2, 1)
        left.add_(right)
        return x

    assert_same(program, (torch.randn(4, 4),), [(torch.randn(4, 4),)])


def test_squeeze_of_a_dynamic_size_says_so():
    """Whether `squeeze` removes a dynamic dim would have to be fixed."""
    assert_refused(
        lambda x: x.squeeze().add_(1), (torch.zeros(3, 4),), dynamic_shapes={"x": "n _"}, kind=Specialized
    )


@pytest.mark.parametrize("sizes", [(3, 4), (1, 4), (3, 1), (1, 1), (0, 4), (3, 0)])
def test_whether_a_view_lies_in_order_is_asked_of_the_sizes(sizes):
    """`x.t()` lies in order where a size is 1 or 0, whatever was exported."""

    def program(x):
        return x + 1 if x.t().is_contiguous() else x * 3

    x = torch.arange(float(sizes[0] * sizes[1])).reshape(sizes)
    assert torch.equal(fullgraph.export(program, (x,))(x), program(x))
    of_these_sizes, of_others = (
        fullgraph.export(program, (torch.ones(example),), dynamic_shapes={"x": (Dim.AUTO, Dim.AUTO)})
        for example in (sizes, (3, 4))
    )
    assert torch.equal(of_these_sizes(x), program(x))
    if sizes != (3, 4):
        with pytest.raises(ContractError):
            of_others(x)


def test_broadcast_tensors_of_sizes_that_may_be_equal():
    """A size of 1 is no line of the contract; sizes that agree give the tensors themselves, to be written."""
    spec = {"a": (Dim.AUTO,), "b": (Dim.AUTO, Dim.AUTO)}
    program = assert_same(
        lambda a, b: torch.broadcast_tensors(a, b),
        (torch.rand(3), torch.rand(2, 1)),
        [(torch.rand(1), torch.rand(1, 1)), (torch.rand(0), torch.rand(7, 1))],
        dynamic_shapes=spec,
        aliasing=True,
    )
    assert not any("!=" in line for line in program.contract.lines())

    def write(a, b):
        one, other = torch.broadcast_tensors(a, b)
        return one.mul_(2), other.add_(1)

    assert_same(
        write,
        (torch.rand(3), torch.rand(3)),
        [(torch.rand(1), torch.rand(1))],
        dynamic_shapes={"a": "n", "b": "n"},
    )


def test_a_written_reshape_of_a_result_relies_on_the_layout_of_inputs():
    """`x * 2` lies in memory as `x` does, so whether `reshape` is a view of it hangs on `x`."""

    def program(x):
        doubled = x * 2
        doubled.reshape(-1).add_(1)
        return doubled

    exported = fullgraph.export(program, (torch.rand(3, 4),))
    with pytest.raises(ContractError, match="contiguous"):
        exported(torch.rand(4, 3).t())

    def made_in_order(x):
        product = torch.nn.functional.linear(x, torch.eye(4))
        product.reshape(-1).add_(1)
        return product

    assert_same(made_in_order, (torch.rand(3, 4),), [(torch.rand(4, 3).t(),)])
