"""Tensors that share memory: arguments, the program's own tensors and outputs, in every combination."""

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import Dim
from fullgraph.errors import ContractError, Unsupported
from tests.support import Call, assert_refused, assert_same


def adds(a, b):
    return a + b


def writes_first(a, b):
    a.add_(1)
    return a + b


def writes_both(a, b):
    a.add_(1)
    b.mul_(2)
    return a + b


class TestArguments:
    """One tensor, or one storage, behind two arguments."""

    @pytest.mark.parametrize("program", [writes_first, writes_both])
    def test_one_tensor_twice_and_written(self, program):
        """Exported with `f(x, x)`, a program takes one tensor twice, and two tensors it refuses."""
        x, y = torch.arange(3.0), torch.ones(3)
        assert_same(program, (x, x), [(y, y)], refused=[(x, y)], aliasing=True)

    @pytest.mark.parametrize("program", [writes_first, writes_both])
    def test_two_tensors_and_written(self, program):
        """Exported with `f(x, y)`, a program takes two tensors, and refuses one twice and overlapping ones."""
        x, y = torch.arange(3.0), torch.ones(3)
        memory = torch.arange(6.0)
        apart, overlapping = Call((memory[:3], memory[3:])), Call((memory[:3], memory[1:4]))
        assert_same(program, (x, y), [(y, x), apart], refused=[(x, x), overlapping])

    def test_nothing_is_written(self):
        """A program that writes nothing takes tensors that share memory as it takes others."""
        memory = torch.arange(6.0)
        one = memory[:3]
        assert_same(adds, (one, torch.ones(3)), [Call((one, memory[1:4])), Call((one, one))])
        assert_same(adds, (one, memory[1:4]), [(one, torch.ones(3))])

    def test_overlapping_at_the_export(self):
        """One of two overlapping arguments is written: refused, at the export already."""
        memory = torch.arange(6.0)
        assert_refused(writes_first, [memory[:3], memory[1:4]], kind=Unsupported, line="a.add_(1)")

    def test_one_tensor_in_a_container_and_beside_it(self):
        """Sharing is seen wherever the tensors stand among the arguments."""

        def program(items, x):
            items[0].add_(1)
            return items[0] + x

        x, y = torch.arange(3.0), torch.ones(3)
        assert_same(program, ([x], x), [Call(([y], y))], refused=[([x], y)])
        assert_same(program, ([x], y), [([y], x)], refused=[Call(([y], y))])


class Holder(nn.Module):
    """A module that writes a buffer."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.register_buffer("held", torch.zeros(3))

    def forward(self, x):
        self.held.add_(1)
        return self.linear(x) + self.held


class TestOwnTensors:
    """An argument that is a tensor of the program, and tensors of the program that are views of each other."""

    def test_a_parameter_as_argument(self):
        """The module's own parameter is an argument like any other."""
        linear = nn.Linear(3, 3)
        program = fullgraph.export(linear, (linear.weight,))
        for x in (linear.weight, torch.randn(3, 3)):
            torch.testing.assert_close(program(x), linear(x))

    def test_a_written_buffer_as_argument(self):
        """It would be read before or after the write: refused at the call, and nothing is written."""
        module = Holder()
        program = fullgraph.export(module, (torch.zeros(3),))
        with pytest.raises(ContractError, match="share no memory"):
            program(module.held)
        assert torch.equal(module.held, torch.zeros(3))

    def test_a_written_buffer_as_example(self):
        """The same at the export."""
        module = Holder()
        with pytest.raises(Unsupported, match="shares memory"):
            fullgraph.export(module, (module.held,))

    def test_the_data_of_a_buffer(self):
        """Another tensor over the same elements is the same tensor."""

        class Module(Holder):
            def forward(self, x):
                self.held.data.add_(x)
                self.held.view(-1).mul_(2)
                return self.held + x

        assert_same(Module(), (torch.ones(3),), [(torch.randn(3),)] * 2)

    @pytest.mark.parametrize("order", ["read, written", "written, read"])
    def test_overlapping_buffers(self, order):
        """Two windows onto one memory, one written and the other one read, are refused in either order."""

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                base = torch.zeros(4)
                self.register_buffer("low", base[:3])
                self.register_buffer("high", base[1:])

            def forward(self, x):
                if order == "read, written":
                    x = self.high + x
                    self.low.add_(x)
                    return x
                self.low.add_(x)
                return self.high + x

        assert_refused(Module(), (torch.ones(3),), kind=Unsupported)

    def test_buffers_side_by_side_in_one_memory(self):
        """Windows that do not overlap are tensors like others; whoever else looks at the memory sees the writes."""

        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                base = torch.zeros(4)
                self.register_buffer("low", base[:2])
                self.register_buffer("high", base[2:])
                self.register_buffer("whole", base)

            def forward(self, x):
                self.low.add_(x)
                return self.high + self.low

        assert_same(Module(), (torch.ones(2),), [(torch.randn(2),)] * 2)


def gives_back(x):
    return x, [x]


def gives_back_written(x):
    x.add_(1)
    return {"x": x}


def view_of_input(x):
    return x[0], x.t()


def view_of_written_input(x):
    before = x[0]
    x.mul_(2)
    return before, x[1:], x.t(), x


def written_view_of_input(x):
    row = x[0]
    row.add_(1)
    return row, x.view(-1)


def pieces_of_written_input(x):
    left, right = x.split(2, 1)
    left.add_(1)
    return left, right


def outputs_of_one_storage(x):
    y = x + 1
    return y, y[0], y.view(-1), y.detach()


def outputs_of_one_written_storage(x):
    y = x + 1
    row, column = y[0], y[:, 1]
    row.mul_(2)
    column.zero_()
    return row, column, y


def same_output_twice(x):
    y = x * 2
    y.add_(1)
    return y, y, (y,)


def copied_in(x):
    y = x * 2
    x.copy_(y)
    x[0] = y[1]
    return y, x


def no_change(x):
    return x.to(torch.float32), x.contiguous(), x.view(x.shape), torch.dropout(x, 0.5, False)


PROGRAMS = [
    gives_back,
    gives_back_written,
    view_of_input,
    view_of_written_input,
    written_view_of_input,
    pieces_of_written_input,
    outputs_of_one_storage,
    outputs_of_one_written_storage,
    same_output_twice,
    copied_in,
    no_change,
]


class TestOutputs:
    """Outputs share memory with inputs and with each other exactly where they do in eager."""

    @pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
    def test_sharing(self, program):
        """At sizes that the program was not exported with, too."""
        more = [(torch.randn(5, 4),), (torch.randn(2, 4),)]
        assert_same(program, (torch.randn(3, 4),), more, dynamic_shapes={"x": "n _"}, aliasing=True)

    @pytest.mark.parametrize(
        "program", [view_of_written_input, written_view_of_input], ids=lambda f: f.__name__
    )
    def test_a_view_of_a_written_input_is_alive(self, program):
        """What the caller writes into the output shows in the input, and the other way round."""
        x = torch.randn(3, 4)
        exported = fullgraph.export(program, (x.clone(),))
        outputs = exported(x)
        outputs[0].fill_(7)
        assert torch.equal(x[0], torch.full((4,), 7.0))
        x.zero_()
        assert not any(output.any() for output in outputs)

    def test_identity(self):
        """An input that is returned is the caller's own object."""
        for program in (gives_back, gives_back_written):
            x = torch.randn(3)
            result = fullgraph.export(program, (x.clone(),))(x)
            assert (result[0] if isinstance(result, tuple) else result["x"]) is x

    def test_a_view_of_a_buffer(self):
        """Views of a written buffer look at the buffer."""

        class Module(Holder):
            def forward(self, x):
                self.held.copy_(x)
                return self.held[1:], self.held

        module = Module()
        rest, whole = fullgraph.export(module, (torch.zeros(3),))(torch.ones(3))
        rest.fill_(5)
        assert whole is module.held
        assert torch.equal(module.held, torch.tensor([1.0, 5.0, 5.0]))

    def test_gradients_through_a_returned_view_of_a_written_input(self):
        """The view is part of the history of what it looks at."""
        weight = torch.randn(3, requires_grad=True)

        def program(x, weight):
            x.mul_(weight)
            return x[:2]

        exported = fullgraph.export(program, (torch.ones(3), weight))
        exported(torch.full((3,), 2.0), weight).sum().backward()
        assert torch.equal(weight.grad, torch.tensor([2.0, 2.0, 0.0]))


SUMS = {
    "rows": lambda x: x.sum_to_size(1, x.shape[1]),
    "all": lambda x: (x * 2).sum_to_size(1),
    "nothing": lambda x: x.sum_to_size(x.shape),
    "a single element": lambda x: x.sum().sum_to_size(()),
    "then viewed": lambda x: x.sum_to_size(x.shape[0], 1).view(-1),
    "of a transpose": lambda x: x.t().sum_to_size(1, x.shape[0]),
}


@pytest.mark.parametrize("program", SUMS.values(), ids=SUMS)
def test_sum_to_size_hands_back_what_has_the_size(program):
    more = [(torch.rand(n, m),) for n, m in ((0, 2), (1, 1), (1, 4), (5, 1), (7, 2))]
    assert_same(program, (torch.rand(3, 4),), more, dynamic_shapes={"x": "n m"}, aliasing=True)


def test_a_write_asks_whether_sum_to_size_handed_back_its_argument():
    def program(x):
        total = x.sum_to_size(1, x.shape[1])
        x.add_(1)
        return total

    assert_same(
        program,
        (torch.rand(3, 4),),
        [(torch.rand(2, 4),)],
        refused=[(torch.rand(1, 4),)],
        dynamic_shapes={"x": {0: Dim.AUTO}},
    )


OTHER_NUMBERS = {
    "of another kind": lambda x: x.view(torch.int32),
    "of half the size": lambda x: x.view(torch.float16),
    "complex": lambda x: torch.view_as_complex(x.unflatten(1, (-1, 2))),
    "real": lambda x: torch.view_as_real(torch.view_as_complex(x.unflatten(1, (-1, 2)))),
    "imaginary": lambda x: torch.view_as_complex(x.unflatten(1, (-1, 2))).imag,
    "transposed": lambda x: x.swapaxes(0, 1).view(x.shape[1], 1, x.shape[0]),
}


@pytest.mark.parametrize("view", OTHER_NUMBERS.values(), ids=OTHER_NUMBERS)
def test_a_written_view_that_is_returned_shares_the_memory_of_the_input(view):
    """Also where it takes the bytes for other numbers, and where the stride of a dim of size 1 is another one."""

    def program(x):
        y = view(x)
        y.mul_(2)
        return y

    assert_same(
        program,
        (torch.rand(3, 4),),
        [(torch.rand(n, 4),) for n in (1, 2, 7)],
        dynamic_shapes={"x": "n _"},
        aliasing=True,
    )


def test_a_written_conjugate_that_is_returned_is_a_conjugate_of_the_input():
    def program(x):
        y = x.conj()
        y.mul_(2)
        return y

    x = torch.rand(3, dtype=torch.complex64)
    exported = fullgraph.export(program, (x.clone(),), dynamic_shapes={"x": "n"})
    y = exported(x)
    assert y.is_conj()
    assert y.equal(x.conj())
    assert y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
