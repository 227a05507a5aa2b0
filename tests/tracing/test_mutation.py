"""Mutation of inputs, buffers and closed-over tensors: the caller sees what eager would have done, call after call."""

import copy

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph.errors import Unsupported
from tests.support import Call, assert_refused, assert_same, assert_same_gradients

ROWS = {"x": "n _"}


def masks(x):
    x[x > 0] = 3.0
    x.masked_fill_(x < -1, 0.0)
    x[:, [0, 2]] = 4.0
    x.index_put_((torch.tensor([0, 1]),), torch.tensor(9.0))
    x[torch.tensor([1, 0]), 1] += 1
    return x.sum()


def scatters(x):
    x.scatter_(1, torch.zeros(x.shape[0], 1, dtype=torch.long), 5.0)
    x.index_fill_(1, torch.tensor([1]), 2.0)
    x.index_add_(0, torch.tensor([0, 0]), torch.ones(2, 4))
    x.index_copy_(1, torch.tensor([3]), x[:, :1].clone())
    return x * 2


def operators(x):
    x += 1
    x *= 2
    x /= 3
    x **= 2
    x %= 2
    x.clamp_(0, 1).sigmoid_().nan_to_num_()
    torch.relu_(x)
    torch.nn.functional.hardtanh_(x)
    return x


def copies(x):
    x.copy_(x.flip(0))
    x[1:] = x[:-1].clone()
    x[:] = x * 2
    x[..., None][0] = 1
    x[0].copy_(torch.tensor(3))
    return x.mean()


def out_arguments(x):
    same, empty, halves = torch.zeros_like(x), torch.empty(0), torch.zeros_like(x)
    torch.add(x, 1, out=same)
    torch.mul(x, 2, out=empty)
    torch.mul(x, 2, out=halves[:, :])
    values, indices = torch.zeros(x.shape[0]), torch.zeros(x.shape[0], dtype=torch.long)
    torch.max(x, 1, out=(values, indices))
    torch.neg(same, out=x)
    return same, empty, halves, values, indices


def other_dtypes(x):
    x.add_(torch.ones(4, dtype=torch.int64))
    x.copy_(torch.arange(4))
    counts = torch.zeros(4, dtype=torch.int64)
    counts.copy_(x[0])
    counts += 1
    return counts


def rows_swapped(x):
    y = x * 1
    y[0], y[1] = y[1].clone(), y[0].clone()
    return y, x


@pytest.mark.parametrize(
    "program",
    [masks, scatters, operators, copies, out_arguments, other_dtypes, rows_swapped],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("spec", [None, ROWS], ids=["static", "dynamic"])
def test_writes_to_an_input(program, spec):
    """Outputs and the caller's tensor are eager's, also at sizes that the program was not exported with."""
    more = [(torch.randn(3, 4),)] + ([(torch.randn(7, 4),), (torch.randn(2, 4),)] if spec else [])
    assert_same(program, (torch.randn(3, 4),), more, dynamic_shapes=spec)


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: x.normal_(),
        lambda x: x.uniform_(-1, 1),
        lambda x: x.bernoulli_(0.5),
        lambda x: (x * 1).bernoulli_(),
        lambda x: x.exponential_(),
        lambda x: x.geometric_(0.5),
        lambda x: x.random_(10),
        lambda x: torch.nn.functional.dropout(x, 0.5, inplace=True),
        lambda x: torch.nn.functional.rrelu_(x, training=True),
    ],
)
def test_draws_in_place(draw):
    """With the same seed a program draws the numbers that eager draws."""
    assert_same(draw, (torch.rand(3, 4),), [(torch.rand(3, 4),)])


def test_draws_of_a_dynamic_size():
    """Random writes follow the size of the call."""

    def program(x):
        x.normal_()
        return torch.nn.functional.dropout(x * 1, 0.5, inplace=True)

    assert_same(program, (torch.rand(3, 4),), [(torch.rand(6, 4),)], dynamic_shapes=ROWS)


class State(nn.Module):
    """A module with all kinds of tensors."""

    def __init__(self):
        super().__init__()
        self.register_buffer("a", torch.zeros(3))
        self.register_buffer("b", torch.ones(3))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64), persistent=False)
        self.plain = torch.zeros(3)
        self.weight = nn.Parameter(torch.ones(3))


class Unread(State):
    def forward(self, x):
        self.a = x * 2
        return x


class Replaced(State):
    def forward(self, x):
        old = self.a
        self.a = self.a + x
        return old, self.a, old + 1


class Swapped(State):
    def forward(self, x):
        self.a, self.b = self.b, self.a + x
        return self.a, self.b


class GivenAnInput(State):
    def forward(self, x):
        self.a = x
        return x[:2]


class ReplacedAndWritten(State):
    def forward(self, x):
        self.a = self.a.clone()
        self.a[0] = x[0]
        self.a.mul_(2)
        return x


class WrittenInParts(State):
    def forward(self, x):
        self.a.view(3, 1)[0] = x[0]
        self.b[1:].add_(self.a[:2])
        self.count += 1
        return self.a, self.b[:1], self.count * x


class CopiedAcross(State):
    def forward(self, x):
        self.a.copy_(self.b)
        self.b.copy_(x)
        self.plain.add_(self.a)
        return self.plain * 2 + self.weight


class RegisteredAgain(State):
    def forward(self, x):
        self.register_buffer("a", x + 1)
        self._buffers["b"] = x - 1
        return self.a + self.b


@pytest.mark.parametrize(
    "kind",
    [
        Unread,
        Replaced,
        Swapped,
        GivenAnInput,
        ReplacedAndWritten,
        WrittenInParts,
        CopiedAcross,
        RegisteredAgain,
    ],
)
def test_state_advances(kind):
    """Buffers, written in place or replaced, are after each call what eager's are, and so is what is returned."""
    calls = [(torch.randn(3),) for _ in range(3)]
    assert_same(kind(), (torch.randn(3),), calls)


@pytest.mark.parametrize(
    ("change", "text"),
    [(lambda self, x: x[:2], "another size"), (lambda self, x: self.a.double(), "another size or dtype")],
)
def test_a_buffer_replaced_by_another_kind_of_tensor_is_refused(change, text):
    """Contents are written back; a size or a dtype is not."""

    class Replaces(State):
        def forward(self, x):
            self.a = change(self, x)
            return x

    error = assert_refused(Replaces(), (torch.zeros(3),), kind=Unsupported)
    assert text in error.what


def test_data_of_a_buffer_is_not_assigned():
    """The user's tensor keeps its memory: the assignment is refused before it happens."""

    class Assigns(State):
        def forward(self, x):
            self.a.data = x
            return x

    module = Assigns()
    with pytest.raises(Unsupported) as caught:
        fullgraph.export(module, (torch.ones(3),))
    assert "self.a.data = x" in caught.value.where.text
    assert torch.equal(module.a, torch.zeros(3))
    module.a.data = torch.ones(3)  # outside a trace, as ever
    assert torch.equal(module.a, torch.ones(3))


def test_batch_statistics():
    """Running statistics of batch and instance norm and their gradients are eager's, at every batch size."""

    class Norms(nn.Module):
        def __init__(self):
            super().__init__()
            self.batch = nn.BatchNorm2d(3)
            self.instance = nn.InstanceNorm2d(3, track_running_stats=True)

        def forward(self, x):
            return self.instance(self.batch(x))

    images = [torch.randn(n, 3, 4, 4) for n in (2, 5, 1)]
    assert_same(
        nn.BatchNorm2d(3),
        (images[0],),
        [(image,) for image in images[1:]],
        dynamic_shapes={"input": "n _ _ _"},
    )
    assert_same(Norms(), (images[0],), [(images[0] * 2,)])
    assert_same_gradients(Norms(), (images[0].requires_grad_(),))


def test_closed_over_tensors():
    """A tensor of a closure, written by the program, is the user's own and is written at each call, not before."""
    held = torch.zeros(3)

    def program(x):
        held[0] = x[0]
        held.mul_(2)
        return x + held

    exported = fullgraph.export(program, (torch.ones(3),))
    assert torch.equal(held, torch.zeros(3))
    for _ in range(2):
        expected = torch.tensor([2 * 5.0, 0, 0])
        assert torch.equal(exported(torch.full((3,), 5.0)), 5 + expected)
        assert torch.equal(held, expected)


class TestGradients:
    """Gradients through writes."""

    def test_in_place_on_intermediates(self):
        """Overwritten values keep their part in the backward pass."""

        def program(x, w):
            z = x * w
            z.add_(1)
            z[0].mul_(3)
            z[1:] = w[1:] ** 2
            z.copy_((z + 1) * x)
            return torch.relu_(z * 1) * w

        assert_same_gradients(program, [torch.randn(3, requires_grad=True) for _ in range(2)])

    def test_a_written_input_carries_gradients(self):
        """What flowed into the caller's tensor flows back."""

        def program(w):
            buffer = torch.zeros(3)
            buffer.add_(w)
            buffer[0] = 1
            return buffer * w

        assert_same_gradients(program, (torch.randn(3, requires_grad=True),))

    @pytest.mark.parametrize(
        "make",
        [torch.zeros_like, torch.rand_like, lambda x: x.new_ones(3), lambda x: x.new_full((3,), 2.0)],
        ids=["zeros_like", "rand_like", "new_ones", "new_full"],
    )
    def test_what_only_has_the_form_of_another_requires_no_grad(self, make):
        """A mask like the scores is a tensor of its own: it may be written, under `no_grad` too."""

        def program(w):
            mask = make(w * 2)
            assert not mask.requires_grad
            mask.scatter_(0, torch.tensor([1]), 1.0)
            with torch.no_grad():
                mask.mul_(2)
            return mask * w

        assert_same_gradients(program, (torch.randn(3, requires_grad=True),))

    def test_a_leaf_is_not_written(self):
        """Eager's own error."""
        with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
            fullgraph.export(lambda x: x.add_(1), (torch.zeros(3, requires_grad=True),))

    @pytest.mark.parametrize("write", ["no_grad", "detach", "data"])
    def test_writes_unseen_by_autograd_are_refused(self, write):
        """The values would be right and the gradients wrong."""

        def program(x):
            z = x * 2
            if write == "no_grad":
                with torch.no_grad():
                    z.mul_(3)
            else:
                (z.data if write == "data" else z.detach()).mul_(3)
            return z * x

        assert_refused(program, (torch.zeros(3, requires_grad=True),), kind=Unsupported, line="mul_(3)")

    def test_under_no_grad_without_gradients(self):
        """Without gradients there is nothing to keep, and the write is a write."""

        def program(x):
            z = x * 2
            with torch.no_grad():
                z.mul_(3)
            return z * x

        assert_same(program, (torch.randn(3),), [(torch.randn(3),)])


def test_nested_inputs():
    """Tensors inside lists and dicts are written, and the containers are the caller's."""

    def program(given):
        given["a"][0].mul_(2)
        given["b"].add_(given["a"][0])
        given["c"] = given["b"] + 1
        return given["b"][1:]

    more = [Call(({"a": [torch.randn(3)], "b": torch.randn(3)},)) for _ in range(2)]
    assert_same(program, ({"a": [torch.ones(3)], "b": torch.ones(3)},), more, aliasing=True)


def test_a_custom_operator_that_mutates():
    """`mutates_args` of a `torch.library.custom_op` is a write like any other."""

    @torch.library.custom_op("fullgraph_mutation::accumulate", mutates_args={"total"})
    def accumulate(total: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        total.add_(x)
        return x * 2

    @accumulate.register_fake
    def _(total, x):
        return torch.empty_like(x)

    def program(total, x):
        doubled = accumulate(total, x)
        accumulate(total[:2], x[:2])
        return total + doubled

    assert_same(program, (torch.zeros(3), torch.ones(3)), [(torch.randn(3), torch.randn(3))])


def test_the_same_module_exported_twice():
    """An export leaves no trace of its own in the module, so a second one gives the same program."""
    module = WrittenInParts()
    first = fullgraph.export(module, (torch.ones(3),))
    second = fullgraph.export(copy.deepcopy(module), (torch.ones(3),))
    assert first.graph_module.code == second.graph_module.code
