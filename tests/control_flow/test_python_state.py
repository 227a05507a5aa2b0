"""What branches do to Python objects around them: merged like results, or refused."""

import pytest
import torch

import fullgraph
from fullgraph import cond, scan, while_loop
from fullgraph.errors import Unsupported
from fullgraph.tracing.module_state import ModuleTrees
from tests.support import assert_refused, assert_same

FLAGS = [(torch.randn(3, 2), torch.tensor(flag)) for flag in (1.0, -1.0, 3.0)]


class Box:
    """An object of the user's."""


def variables(x, flag):
    """Of the function around, in nested branches."""
    number, scale = 0, 1.0

    def positive():
        def large():
            nonlocal scale
            scale = scale * 2
            return x

        def small():
            nonlocal number
            number = 7
            return x * 2

        return cond(flag > 2, large, small)

    return cond(flag > 0, positive, lambda: x - 1) * scale + number


def items(x, flag):
    """Of a list and a dict, given and closed over."""
    rows, table = [x], {"seen": x}

    def one(table):
        rows[0] = x * 2
        rows.append(x)
        table["seen"] = table["seen"] + 1
        return x + 1

    def other(table):
        rows.append(x * 3)
        return x - 1

    return cond(flag > 0, one, other, (table,)), rows, table


def attributes(x, flag):
    """Of an object."""
    box = Box()
    box.value, box.number = x, 1

    def one():
        box.value, box.number = box.value * 2, 5
        return x + 1

    def other():
        box.value = box.value + 1
        return x - 1

    return cond(flag > 0, one, other) * box.number + box.value


def in_a_step(x, flag):
    """A variable of the step itself: each step has its own."""

    def body(i, y):
        factor = 1

        def positive():
            nonlocal factor
            factor = 2
            return y

        return i + 1, cond(y.sum() > 0, positive, lambda: y + 1) * factor

    return while_loop(lambda i, y: i < 3, body, (0, x * flag))


@pytest.mark.parametrize("program", [variables, items, attributes, in_a_step])
def test_what_branches_leave_is_merged(program):
    """The branch that ran decides, whichever the example took."""
    for example in FLAGS[:2]:
        assert_same(program, example, FLAGS)


def test_rebound_buffers_are_merged():
    """By one branch or by both; an older name of the buffer keeps what it was."""

    class Rebinding(torch.nn.Module):
        def __init__(self, both):
            super().__init__()
            self.register_buffer("total", torch.zeros(3, 2))
            self.both = both

        def forward(self, x, flag):
            before = self.total

            def one():
                self.total = self.total + x
                return x + 1

            def other():
                if self.both:
                    self.total = self.total * 2 - 1
                return x - 1

            y = cond(flag > 0, one, other)
            return cond(flag > 2, one, other) + y + self.total, before * 1

    for both in (False, True):
        assert_same(Rebinding(both), FLAGS[0], FLAGS)


def test_a_fixed_predicate_runs_its_branch_alone():
    """What the other branch would have left is not merged with it."""

    def program(x):
        number = 0

        def one():
            nonlocal number
            number = 1
            return x + 1

        y = cond(x.shape[0] > 1, one, lambda: x - 1)
        return y if number else y * 0

    assert_same(program, (torch.randn(3),))


def test_what_cannot_be_merged_is_refused():
    """With the lines of both branches, and the name of what they left."""

    def lengths(x, flag):
        rows = []

        def one():
            rows.append(x)
            return x

        return cond(flag > 0, one, lambda: x + 1), rows

    def kinds(x, flag):
        name = "neither"

        def one():
            nonlocal name
            name = "one"
            return x

        return cond(flag > 0, one, lambda: x + 1), name

    for program, place in ((lengths, "rows"), (kinds, "name")):
        error = assert_refused(program, FLAGS[0], kind=Unsupported, line="cond(")
        assert f"`{place}`" in error.what
        assert error.what.count("test_python_state.py:") == 2


def test_python_state_in_a_body_is_refused():
    """A graph does not change Python objects; whatever way the body is called."""

    def loop(x):
        count = 0

        def body(i, y):
            nonlocal count
            count += 1
            return i + 1, y

        return while_loop(lambda i, y: i < 3, body, (0, x))[1] * count

    def listed(x):
        rows = []
        fullgraph.map(lambda row: (rows.append(row), row)[1], x)
        return len(rows) * x

    def scanned(x):
        seen = {}

        def step(total, row):
            seen["last"] = 1
            return total + row, row

        return scan(step, x[0], x), seen

    for program, name in ((loop, "count"), (listed, "rows"), (scanned, "seen")):
        assert f"`{name}`" in assert_refused(program, (torch.ones(2, 2),), kind=Unsupported).what


class Counting(torch.nn.Module):
    """Modules below modules; branches change attributes, lists and hooks of some of them between others."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Sequential(torch.nn.Linear(2, 2)))
        self.scale, self.seen = 1, []

    def forward(self, x, flag):
        inner, deep = self.inner, self.inner[1]

        def one():
            deep.shift = x * 2
            self.scale = 3
            return inner(x)

        def other():
            deep.shift = x * 5
            inner.label = 7
            return x - 1

        deep.shift, self.scale, inner.label = x, 1, 2
        first = cond(flag > 0, one, lambda: deep(x))
        between = deep.shift + self.scale
        deep.shift = between
        second = cond(flag > 2, lambda: self.inner(x) + deep.shift, other)
        third = cond(flag > 2, one, lambda: self.inner(x) * deep.shift)
        self.seen = [first]
        fourth = cond(flag > 0, lambda: self.seen.append(second), lambda: self.seen.append(third))
        return first, between, third, fourth, *self.seen, deep.shift, inner.label


def test_modules_saved_for_one_branch_are_right_for_the_next():
    """What is written between two branches, and by the first, is there in the second."""
    for example in FLAGS:
        assert_same(Counting(), example, FLAGS)


def test_a_branch_costs_little_of_a_large_model():
    """The modules are walked once, not once for each branch."""
    walked = []
    modules = torch.nn.ModuleList(torch.nn.Linear(1, 1) for _ in range(20))
    tree = ModuleTrees()
    for _ in range(3):
        walked.append(tree.tree("", modules, set()))
    assert walked[0] is walked[1] is walked[2]

    modules[3].note = 1

    changed = tree.tree("", modules, set())
    assert changed is not walked[0]
    assert not changed.state.differs()
    assert not tree.tree("", modules, {id(modules[3].__dict__)}).ids & {id(modules[3].__dict__)}
