"""Every operator, used in every way, is eager: closures, writes, nestings, structures, sizes, gradients.

Each operator is a way to run a `step` some number of times; each use is a `step`. The inputs take every branch, and
make zero, one and many steps. What cannot be combined is listed with the reason.
"""

import pytest
import torch

import fullgraph
from fullgraph import associative_scan, cond, scan, switch, while_loop
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients

# Operators: they run `step(y)` on a nested value that holds a tensor of the sizes of `x[0]`.


def by_cond(step, y, x, number):
    return cond(number > 1, lambda y: step(step(y)), step, (y,))


def by_switch(step, y, x, number):
    return switch(number, [step, lambda y: step(step(y)), lambda y: y], (y,))


def by_while(step, y, x, number):
    return while_loop(lambda i, y: i < number, lambda i, y: (i + 1, step(y)), (0, y))[1]


def by_while_over_rows(step, y, x, number):
    return while_loop(lambda i, y: i < x.shape[0], lambda i, y: (i + 1, step(y)), (0, y))[1]


def by_scan(step, y, x, number):
    def combine(y, row):
        after = step(y)
        return after, row * 2 + after["y"][0]

    last, rows = scan(combine, y, x, reverse=True)
    return {"y": [last["y"][0] + rows.sum(0)]}


def by_map(step, y, x, number):
    rows = fullgraph.map(lambda row, y: step({"y": [row + y["y"][0]]}), x, y)
    return {"y": [rows["y"][0].sum(0)]}


OPERATORS = {
    "cond": by_cond,
    "switch": by_switch,
    "while": by_while,
    "while over rows": by_while_over_rows,
    "scan": by_scan,
    "map": by_map,
}


# Uses: modules, so that they may hold parameters and buffers; `step` takes and returns {"y": [tensor]}.


class Use(torch.nn.Module):
    """A program that runs its `step` by an operator."""

    def __init__(self, operator):
        super().__init__()
        self.operator = operator
        self.linear = torch.nn.Linear(2, 2)
        self.register_buffer("total", torch.zeros(2))

    def forward(self, x, number):
        made = x.sum(0) * 0.3
        y = {"y": [x.new_ones(2) + made]}
        after = self.operator(lambda y: self.step(y, x, made), y, x, number)
        return after, made + self.total

    def step(self, y, x, made):
        return {"y": [y["y"][0].sin() + 1]}


class Closes(Use):
    """Over a tensor, a size, a parameter, a number."""

    def step(self, y, x, made):
        return {"y": [self.linear(y["y"][0]).tanh() + made * x.shape[0] - 0.5]}


class WritesBuffer(Use):
    """In place."""

    def step(self, y, x, made):
        self.total.add_(y["y"][0].detach())
        return {"y": [y["y"][0] * 0.5 + self.total]}


class WritesMade(Use):
    """What was computed before, by a view of it."""

    def step(self, y, x, made):
        made[:1].add_(y["y"][0].sum().tanh())
        return {"y": [y["y"][0] * 0.5 + made]}


class WritesOut(Use):
    """By `out=`."""

    def step(self, y, x, made):
        with torch.no_grad():
            torch.add(self.total, y["y"][0], out=self.total)
        return {"y": [y["y"][0] * 0.5]}


class NestsCond(Use):
    """A cond that asks about data, in which another asks about a size."""

    def step(self, y, x, made):
        inner = lambda y: cond(x.shape[0] > 1, lambda: y * 0.5, lambda: y + made)
        return {"y": [cond(y["y"][0].sum() > 2, inner, torch.cos, (y["y"][0],))]}


class NestsLoop(Use):
    """A loop whose steps write a buffer."""

    def step(self, y, x, made):
        def body(i, y):
            self.total.add_(1)
            return i + 1, y * 0.9 + self.total

        return {"y": [while_loop(lambda i, y: i < x.shape[0], body, (0, y["y"][0]))[1]]}


class NestsScan(Use):
    """Over the rows of a tensor from outside."""

    def step(self, y, x, made):
        last, rows = scan(lambda c, row: (c * 0.5 + row, c.sin()), y["y"][0], x)
        return {"y": [last + rows.sum(0)]}


class NestsMap(Use):
    """Over the rows of a tensor from outside."""

    def step(self, y, x, made):
        return {"y": [y["y"][0] * 0.5 + fullgraph.map(lambda row: row * made + y["y"][0], x).sum(0)]}


class NestsAssociativeScan(Use):
    """Over the elements."""

    def step(self, y, x, made):
        return {"y": [associative_scan(torch.add, y["y"][0]) * 0.5 + made]}


USES = [
    Use,
    Closes,
    WritesBuffer,
    WritesMade,
    WritesOut,
    NestsCond,
    NestsLoop,
    NestsScan,
    NestsMap,
    NestsAssociativeScan,
]
NO_GRADIENTS = {WritesOut}  # eager refuses out= for what requires a gradient

pairs = pytest.mark.parametrize("operator", OPERATORS)
uses = pytest.mark.parametrize("use", USES)


@pairs
@uses
def test_values_and_writes(operator, use):
    """Outputs and buffers are those of eager, call after call."""
    module = use(OPERATORS[operator]).requires_grad_(False)
    calls = [(torch.randn(rows, 2), torch.tensor(number)) for rows in (1, 2, 4) for number in (0, 1, 3)]
    calls += [(torch.zeros(0, 2), torch.tensor(1))]
    assert_same(module, calls[-2], calls, dynamic_shapes={"x": "rows _", "number": ""}, rtol=1e-4, atol=1e-5)


@pairs
@pytest.mark.parametrize("use", [use for use in USES if use not in NO_GRADIENTS])
def test_gradients(operator, use):
    """By the input and by the parameters that are closed over."""
    module = use(OPERATORS[operator])
    calls = [
        (torch.randn(rows, 2, requires_grad=True), torch.tensor(number))
        for rows in (1, 3)
        for number in (0, 3)
    ]
    shapes = {"x": "rows _", "number": ""}
    assert_same_gradients(module, calls[-1], calls, dynamic_shapes=shapes, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "while over rows"])
def test_second_order_gradients(operator):
    """The gradient of a gradient, as in eager."""
    module = Closes(OPERATORS[operator])
    program = fullgraph.export(module, (torch.randn(3, 2), torch.tensor(1)), dynamic_shapes=("rows _", ""))

    def second(fn, x):
        x = x.clone().requires_grad_()
        after, _ = fn(x, torch.tensor(1))
        (first,) = torch.autograd.grad(after["y"][0].sum(), x, create_graph=True)
        return torch.autograd.grad((first * first).sum(), x)[0]

    for rows in (1, 4):
        x = torch.randn(rows, 2)
        torch.testing.assert_close(second(program.module(), x), second(module, x), rtol=1e-3, atol=1e-4)


@pairs
def test_training(operator):
    """A few steps of an optimizer end where eager's do."""
    torch.manual_seed(0)
    eager, other = Closes(OPERATORS[operator]), Closes(OPERATORS[operator])
    other.load_state_dict(eager.state_dict())
    trained = fullgraph.export(
        other, (torch.randn(3, 2), torch.tensor(2)), dynamic_shapes=("rows _", "")
    ).module()
    inputs = [
        (torch.randn(rows, 2), torch.tensor(number)) for rows, number in ((3, 2), (1, 0), (5, 4), (2, 1))
    ]
    for module in (eager, trained):
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        for x, number in inputs:
            optimizer.zero_grad()
            after, made = module(x, number)
            parameters = sum(parameter.sum() for parameter in module.parameters())  # without steps, too
            (after["y"][0].pow(2).sum() + made.sum() + parameters * 0.1).backward()
            optimizer.step()
    trained_state = dict(trained.named_parameters())
    for name, parameter in eager.named_parameters():
        torch.testing.assert_close(trained_state[name], parameter, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("operator", ["while", "while over rows", "scan", "map"])
def test_python_state_in_steps_is_refused(operator):
    """However often the step runs, a graph changes no Python object."""

    class Counts(Use):
        def step(self, y, x, made):
            self.made = 1
            return y

    assert_refused(Counts(OPERATORS[operator]), (torch.randn(3, 2), torch.tensor(2)), kind=Unsupported)


@pytest.mark.parametrize("operator", ["cond", "switch"])
def test_python_state_in_branches_is_merged(operator):
    """Numbers, tensors and buffers that a branch puts in place of others."""

    class Puts(Use):
        def forward(self, x, number):
            scale, seen = 1.0, {"last": x[0]}

            def step(y):
                nonlocal scale
                scale = scale + 0.5
                seen["last"] = seen["last"] + y
                self.total = self.total + 1
                return y * 2

            after = self.operator(step, x.sum(0), x, number)
            return after * scale, seen["last"], self.total * 2

    calls = [(torch.randn(rows, 2), torch.tensor(number)) for rows in (1, 3) for number in (0, 1, 2, 3)]
    assert_same(Puts(OPERATORS[operator]), calls[0], calls, dynamic_shapes={"x": "rows _", "number": ""})
