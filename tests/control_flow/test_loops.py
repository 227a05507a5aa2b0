"""while_loop, scan and map: any number of steps, none among them, with whatever the body uses, writes and carries."""

import pytest
import torch
from functorch.experimental.control_flow import map as functorch_map
from torch._higher_order_ops import map as torch_map
from torch._higher_order_ops import scan as torch_scan
from torch._higher_order_ops import while_loop as torch_while_loop

import fullgraph
from fullgraph import scan, while_loop
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients

N = {"x": "n _"}


def rows(*counts):
    return [(torch.randn(count, 2),) for count in counts]


def leaf(*sizes):
    return torch.randn(*sizes, requires_grad=True)


def nodes_of(program, operator):
    return list(
        program.graph.find_nodes(op="call_function", target=getattr(torch.ops.higher_order, operator))
    )


class Accumulating(torch.nn.Module):
    """A body that reads and writes a buffer and uses a parameter."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(2))
        self.linear = torch.nn.Linear(2, 2)

    def step(self, row):
        self.total.add_(row)
        return self.linear(row) * self.total


# while_loop


def test_a_loop_over_a_size_runs_as_often_as_the_size_says():
    """A carried integer counts, indexes and is returned; no steps and many."""

    def running(x):
        return while_loop(lambda i, y: i < x.shape[0], lambda i, y: (i + 1, y * 2 + x[i]), (0, x.sum(0)))

    program = assert_same(running, *rows(3), rows(0, 1, 7), dynamic_shapes=N)

    assert len(nodes_of(program, "while_loop")) == 1


def test_a_loop_until_the_data_says_so():
    """The condition looks at tensors."""

    def halve(x):
        return while_loop(lambda x, k: x.abs().sum() > 1, lambda x, k: (x / 2, k + 1), (x, torch.tensor(0)))

    assert_same(halve, (torch.full((3,), 100.0),), [(torch.zeros(3),), (torch.full((3,), 5.0),)])


def test_the_page_of_pytorch():
    """PyTorch's own function is captured as the same operator, with its own name for the carried values."""

    def count(x):
        return torch_while_loop(
            lambda i, y: i < 3, lambda i, y: (i + 1, y + x), (x.new_zeros((), dtype=torch.int64), x)
        )

    program = fullgraph.export(count, (torch.ones(2),))

    torch.testing.assert_close(program(torch.ones(2)), (torch.tensor(3), torch.full((2,), 4.0)))
    torch.testing.assert_close(program.graph_module(torch.ones(2)), (torch.tensor(3), torch.full((2,), 4.0)))


def test_carried_tensors_may_grow():
    """A size that changes from step to step is found out; sizes that change alike stay alike."""

    def grow(x, count):
        def body(i, a, b):
            return i - 1, torch.cat([a, a[:1] + 1]), torch.cat([b, a[-1:] + b[-1:]])

        _, a, b = while_loop(lambda i, a, b: i > 0, body, (count, x, x * 2))
        return a + b, a.shape[0]

    calls = [(torch.randn(n, 2), torch.tensor(k)) for n in (1, 3) for k in (0, 1, 4)]
    assert_same(grow, calls[-1], calls, dynamic_shapes={"x": "n _", "count": ""})


def test_a_counter_may_run_down():
    """The least value of a carried integer is found out, too."""

    def down(x):
        return while_loop(lambda i, y: i > -3, lambda i, y: (i - 2, y + i), (x.shape[0], x))

    assert_same(down, *rows(4), rows(0, 1, 5), dynamic_shapes=N)


def test_a_float_is_carried():
    """One that changes is a number of the steps; one that does not stays what it is."""

    def decay(x):
        def body(i, rate, kept, y):
            return i + 1, rate * 0.5, kept, y * rate + kept

        return while_loop(lambda i, rate, kept, y: i < x.shape[0], body, (0, 1.5, -0.0, x.sum(0)))

    assert_same(decay, *rows(3), rows(0, 1, 7), dynamic_shapes=N)
    with pytest.raises(Unsupported, match="Python number"):
        fullgraph.export(lambda x: scan(lambda c, row: (c * 0.5, row), 1.0, x), *rows(3))


def test_a_body_writes_to_what_is_around_it():
    """Inputs, buffers and views of them are carried by themselves; the next step sees what the last one wrote."""

    class Writing(Accumulating):
        def forward(self, x, count):
            view = x[:, 0]

            def body(i):
                view.add_(self.total.sum() + 1)
                self.step(x[0])
                return (i + 1,)

            (steps,) = while_loop(lambda i: i < count, body, (torch.tensor(0),))
            return steps, view * 2, self.total + 1

    calls = [(torch.randn(3, 2), torch.tensor(k)) for k in (0, 1, 4)]
    assert_same(Writing(), calls[-1], calls)


def test_results_share_no_memory_with_what_was_carried_in():
    """With no step at all a result is a copy, as with many."""

    def loop(x, count):
        _, y = while_loop(lambda i, y: i < count, lambda i, y: (i + 1, y), (torch.tensor(0), x))
        y.add_(1)
        return x, y

    calls = [(torch.randn(2), torch.tensor(k)) for k in (0, 2)]
    assert_same(loop, calls[0], calls)


def test_nested_loops():
    """A loop in a loop in a cond, over sizes and data."""

    def nested(x, k):
        def inner(i, y):
            return while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z + x.shape[0] * j), (0, y))[1]

        def outer():
            return while_loop(
                lambda i, y: i < x.shape[0], lambda i, y: (i + 1, inner(i, y) * k), (0, x.sum(0))
            )[1]

        return fullgraph.cond(k > 0, outer, lambda: x.sum(0))

    calls = [(torch.randn(n, 2), torch.tensor(k)) for n in (0, 1, 4) for k in (2, -1)]
    assert_same(nested, calls[0], calls, dynamic_shapes={"x": "n _", "k": ""})


@pytest.mark.parametrize(
    "body",
    [
        lambda i, y: (i + 1, y.double()),
        lambda i, y: (i + 1, y[0]),
        lambda i, y: i + 1,
        lambda i, y: (i + 1, 2),
    ],
    ids=["dtype", "rank", "structure", "number"],
)
def test_a_carried_value_that_changes_kind_is_refused(body):
    """At export in words of ours, in eager by an error of Python's."""

    def loop(x):
        return while_loop(lambda i, y: i < 3, body, (0, x))

    assert_refused(loop, (torch.ones(2),), kind=Unsupported, line="while_loop(")
    with pytest.raises(TypeError):
        loop(torch.ones(2))


def test_a_carried_tensor_is_written_in_place():
    """Handed on as the very tensor, it is one tensor in all steps: the caller sees what is written to it."""

    def loop(x, count):
        view = x[:2]
        return while_loop(lambda i, y: i < count, lambda i, y: (i + 1, y.add_(i)), (0, view))[1] + 1, x * 2

    def running(x, count):
        def step(total, row):
            total += row * count
            return total, total * 2

        total = x[0] * 1
        return scan(step, total, x), total

    calls = [(torch.randn(3, 2), torch.tensor(count)) for count in (0, 1, 4)]
    for program in (loop, running):
        assert_same(program, calls[-1], calls)
    assert_same_gradients(lambda x: running(x * 1, 2), (leaf(3, 2),), [(leaf(3, 2),)])


def test_a_write_to_a_carried_tensor_that_is_not_handed_on_is_refused():
    """It would be seen by the caller in the first step and not in the others; eager says so too."""

    def loop(x):
        return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y.add_(1) * 2), (0, x))

    def rows(x):
        return fullgraph.map(lambda row: row.mul_(2), x)

    for program in (loop, rows):
        assert_refused(program, (torch.ones(2, 2),), kind=Unsupported)
        with pytest.raises(RuntimeError, match="in place"):
            program(torch.ones(2, 2))


def test_a_result_that_a_later_step_writes_is_refused():
    """All results would be the last; eager says so too."""

    def program(x):
        total = torch.zeros(2)
        return fullgraph.map(total.add_, x)

    def loop(x):
        total = torch.zeros(2)
        return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, total.add_(y.sum())), (0, x[0]))

    for each in (program, loop):
        assert_refused(each, (torch.ones(3, 2),), kind=Unsupported)
    with pytest.raises(RuntimeError, match="in place"):
        program(torch.ones(3, 2))


def test_a_write_to_what_is_carried_or_gone_over_is_refused():
    """Given to the body and written from outside at once: whether a step sees the write would differ."""

    def write(x, y):
        x.add_(1)
        return y

    def loop(x):
        return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, write(x, y)), (0, x))

    def over_rows(x):
        return fullgraph.map(lambda row: write(x, row), x)

    for program in (loop, over_rows):
        assert_refused(program, *rows(3), kind=Unsupported)


# scan


def test_scan_over_rows_forwards_and_backwards():
    """Carry and results of any structure; any dim; none, one and many rows."""

    def cumulative(x, w):
        def step(carry, row):
            total, peak = carry
            total = total * w + row
            return (total, torch.maximum(peak, row)), {"total": total, "twice": [row * 2], "none": None}

        init = (torch.zeros(2), torch.full((2,), -9.0))
        return scan(step, init, x), scan(step, init, x.transpose(0, 1), dim=1, reverse=True)

    calls = [(torch.randn(n, 2), torch.randn(2)) for n in (0, 1, 3, 6)]
    program = assert_same(cumulative, calls[2], calls, dynamic_shapes={"x": "n _", "w": "_"})

    assert len(nodes_of(program, "scan")) == 2


def test_gradients_of_a_scan():
    """With respect to the first carry, the rows, and what the body closes over."""

    def step_of(w):
        return lambda carry, row: ((carry * w).tanh() + row, carry * row)

    def loop(x, w, start):
        return scan(step_of(w), start, x)

    calls = [(leaf(n, 2), leaf(2), leaf(2)) for n in (4, 1, 6)]
    assert_same_gradients(loop, calls[0], calls[1:], dynamic_shapes={"x": "n _"})


def test_pytorchs_scan():
    """Captured as the same operator; it wants one row at least, and so does the program."""

    def loop(x):
        return torch_scan(lambda carry, row: (carry + row, carry.clone()), torch.zeros(2), x)

    program = fullgraph.export(loop, *rows(3), dynamic_shapes=N)
    x = torch.randn(5, 2)

    torch.testing.assert_close(program(x)[0], x.sum(0))
    torch.testing.assert_close(program(x)[1][1:], x.cumsum(0)[:-1])
    torch.testing.assert_close(program.graph_module(x), (program(x)[0], program(x)[1]))
    with pytest.raises(fullgraph.ContractError):
        program(torch.randn(0, 2))


def test_a_scan_whose_body_writes():
    """A buffer is carried from row to row."""

    class Writing(Accumulating):
        def forward(self, x):
            return scan(lambda carry, row: (carry + self.step(row), carry * self.total), torch.zeros(2), x)

    assert_same(Writing(), *rows(3), rows(0, 1, 5), dynamic_shapes=N)


def test_results_that_differ_in_size_cannot_be_stacked():
    """The words say which result."""

    def loop(x):
        return scan(lambda carry, row: (torch.cat([carry, row]), carry * 2), x[0], x)

    assert_refused(loop, *rows(3), kind=Unsupported, line="scan(")


# map


def test_the_case_of_the_page():
    """`dynamic_shape_map`, static and dynamic."""

    def dynamic_shape_map(xs, y):
        def body(x, y):
            return x + y

        return functorch_map(body, xs, y)

    program = fullgraph.export(
        dynamic_shape_map, (torch.randn(3, 2), torch.randn(2)), dynamic_shapes={"xs": "n _"}
    )
    y = torch.randn(2)

    assert len(nodes_of(program, "map_impl")) == 1
    for (x,) in rows(1, 3, 8):
        torch.testing.assert_close(program(x, y), x + y)
        torch.testing.assert_close(program.graph_module(x, y)[0], x + y)
    with pytest.raises(fullgraph.ContractError):
        program(torch.randn(0, 2), y)


def test_map_over_several_tensors():
    """Rows of a nesting of tensors in, a nesting out; closures and sizes; none, one and many rows."""

    def several(x, y):
        def body(row, scale):
            return {"sum": row["x"] + row["y"] * scale, "size": (x.shape[0] * row["x"], x)}

        return fullgraph.map(body, {"x": x, "y": y}, x.sum())

    calls = [(torch.randn(n, 2), torch.randn(n, 2)) for n in (3, 0, 1, 5)]
    assert_same(several, calls[0], calls, dynamic_shapes={"x": "n _", "y": "n _"})


def test_a_map_whose_body_writes():
    """Steps then come one after the other."""

    class Writing(Accumulating):
        def forward(self, x):
            return fullgraph.map(self.step, x)

    program = assert_same(Writing(), *rows(3), rows(0, 1, 5), dynamic_shapes=N)

    assert len(nodes_of(program, "scan")) == 1


def test_gradients_of_a_map():
    """With respect to the rows and to parameters."""

    class Mapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(2, 2)

        def forward(self, x):
            return torch_map(lambda row: self.linear(row).tanh(), x)

    module = Mapped()
    program = fullgraph.export(module, (leaf(3, 2),), dynamic_shapes=N).module()
    x = leaf(5, 2)
    expected = torch.autograd.grad(module.linear(x).tanh().sum(), [x, *module.parameters()])
    actual = torch.autograd.grad(program(x).sum(), [x, *program.parameters()])

    torch.testing.assert_close(actual, expected)


def test_a_write_to_a_row_is_refused():
    """A row is a part of the input."""
    assert_refused(lambda x: fullgraph.map(lambda row: row.add_(1), x), *rows(3), kind=Unsupported)


@pytest.mark.parametrize("dynamic_shapes", [None, {"x": "n _"}])
def test_rows_of_differing_numbers(dynamic_shapes):
    """Eager and export say the same; the export names the line that made each of them."""

    def loop(x):
        shorter = x[:-1]
        return fullgraph.map(lambda row: row[0] + row[1], (x, shorter))

    with pytest.raises(ValueError, match="differ in length"):
        loop(torch.ones(3, 2))
    error = assert_refused(
        loop,
        (torch.ones(3, 2),),
        dynamic_shapes=dynamic_shapes,
        kind=Unsupported,
        line="return fullgraph.map",
    )
    assert "differ in length" in error.what
    assert "shorter = x[:-1]" in error.what


# In eager


def test_without_rows_nothing_happens_in_eager():
    """What the results would have been is found out without running anything on real tensors."""
    module = Accumulating()
    found = fullgraph.map(module.step, torch.ones(0, 2))

    assert found.shape == (0, 2)
    assert torch.equal(module.total, torch.zeros(2))


def test_carried_truth_values():
    """They are truth values in the body, in the condition and after the loop; of no step, too."""

    def program(x):
        def body(i, go, even, y):
            return (
                i + 1,
                i + 2 < x.shape[0],
                (i + 1) % 2 == 0,
                fullgraph.cond(even, lambda: y + 1, lambda: y * 3),
            )

        return while_loop(lambda i, go, even, y: go, body, (0, x.shape[0] > 1, True, x))

    more = [(torch.randn(n),) for n in (0, 1, 2, 3, 8)]
    assert_same(program, (torch.randn(4),), more, dynamic_shapes={"x": "n"})


def test_a_number_carried_by_a_scan_is_refused():
    """A truth value that changes, too."""
    for initial, step in ((0, lambda c, r: (c + 1, r * c)), (True, lambda c, r: (False, r))):
        with pytest.raises(Unsupported, match="instead of the number"):
            fullgraph.export(lambda x, step=step, first=initial: scan(step, first, x), (torch.randn(3, 2),))
