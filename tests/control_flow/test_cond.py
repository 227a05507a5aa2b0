"""cond and switch: each branch is taken as in eager, whatever the branches use, write and return."""

import functools

import pytest
import torch
from functorch.experimental.control_flow import cond as functorch_cond

import fullgraph
from fullgraph import cond, switch
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients

COND = torch.ops.higher_order.cond
ROWS = {"x": "rows _"}


def rows(*counts):
    return [(torch.randn(count, 2),) for count in counts]


def conds_in(program):
    return list(program.graph.find_nodes(op="call_function", target=COND))


class Sub(torch.nn.Module):
    def foo(self, x):
        return x.cos()

    def forward(self, x):
        return self.foo(x)


class ClassMethod(torch.nn.Module):
    """The page's `cond_branch_class_method`."""

    def __init__(self):
        super().__init__()
        self.subm = Sub()

    def bar(self, x):
        return x.sin()

    def forward(self, x):
        return functorch_cond(x.shape[0] <= 2, self.subm.forward, self.bar, [x])


def nested_function(x):
    """The page's `cond_branch_nested_function`."""

    def true_fn(x):
        def inner_true_fn(y):
            return x + y

        return inner_true_fn(x)

    def false_fn(x):
        def inner_false_fn(y):
            return x - y

        return inner_false_fn(x)

    return functorch_cond(x.shape[0] < 10, true_fn, false_fn, [x])


def nonlocal_variables(x):
    """What the page's `cond_branch_nonlocal_variables` says will not work."""
    my_tensor_var = x + 100
    my_primitive_var = 3.14

    def true_fn(y):
        nonlocal my_tensor_var, my_primitive_var
        return y + my_tensor_var + my_primitive_var

    def false_fn(y):
        nonlocal my_tensor_var, my_primitive_var
        return y - my_tensor_var - my_primitive_var

    return functorch_cond(x.shape[0] > 5, true_fn, false_fn, [x])


def rewritten_variables(x):
    """The page's `cond_branch_nonlocal_variables` itself."""
    my_tensor_var = x + 100

    def true_fn(x, y, z):
        return x + y + z

    def false_fn(x, y, z):
        return x - y - z

    return functorch_cond(x.shape[0] > 5, true_fn, false_fn, [x, my_tensor_var, torch.tensor(3.14)])


def operands(x):
    """The page's `cond_operands`, with its second input closed over."""
    y = torch.ones(2)
    return functorch_cond(x.shape[0] > 2, lambda x, y: x + y, lambda x, y: x - y, [x, y])


def predicate(x):
    """The page's `cond_predicate`."""
    pred = x.dim() > 2 and x.shape[2] > 10
    return functorch_cond(pred, lambda x: x.cos(), lambda y: y.sin(), [x])


@pytest.mark.parametrize(
    "case", [ClassMethod(), nested_function, nonlocal_variables, rewritten_variables, operands, predicate]
)
def test_the_cases_of_the_page(case):
    """Static and dynamic: one `cond` in the graph, and each size takes the branch that eager takes."""
    static = assert_same(case, *rows(3))
    dynamic = assert_same(case, *rows(3), rows(0, 1, 2, 5, 6, 10), dynamic_shapes=ROWS)

    assert len(conds_in(static)) == len(conds_in(dynamic)) == 1
    assert isinstance(conds_in(static)[0].args[0], bool)


def test_branches_are_named_after_their_functions():
    """What a reader sees in the graph are the user's names."""
    program = fullgraph.export(nested_function, *rows(3))

    assert set(dict(program.graph_module.named_children())) == {
        "true_branch_true_fn",
        "false_branch_false_fn",
    }


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_a_tensor_decides(value):
    """A predicate computed from the data takes both ways, in whatever dtype and of whatever rank."""
    decider = torch.tensor([value])

    def choose(x, decider):
        return cond((decider > 0).all(), torch.sin, torch.cos, (x,)), torch.cond(
            decider > 0, torch.exp, torch.abs, (x,)
        )

    assert_same(choose, (torch.randn(3), decider), [(torch.randn(3), -decider)])


def test_a_number_in_a_tensor_decides():
    """Any number but zero holds, as in Python."""
    flags = [(torch.ones(2), torch.tensor(flag)) for flag in (0, 2, -1)]
    assert_same(lambda x, flag: cond(flag, torch.sin, torch.cos, (x,)), flags[0], flags[1:])


def test_branches_write_to_what_is_around_them():
    """Inputs, buffers, intermediate tensors and their views change in the branch that was taken, and only then."""

    class Counting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))
            self.weight = torch.nn.Parameter(torch.randn(2))

        def forward(self, x, flag):
            made = x * 2
            row = made[0]

            def up():
                self.count.add_(1)
                row.add_(self.weight.detach())
                return x + self.weight

            def down():
                x.mul_(3)
                self.count.sub_(x.shape[0])
                return x - made

            return cond(flag > 0, up, down), made, row.clone(), self.count * 2

    flags = [torch.tensor(1), torch.tensor(-1)]
    calls = [(torch.randn(n, 2), flag) for n in (1, 4) for flag in flags]
    assert_same(Counting(), (torch.randn(3, 2), flags[0]), calls, dynamic_shapes={"x": "rows _", "flag": ""})


def test_results_that_differ_in_size():
    """The result has a size of its own, which the rest of the program goes on with."""

    def choose(x, flag):
        y, count = cond(flag > 0, lambda: (x[:1], 1), lambda: (torch.cat([x, x]), x.shape[0] * 2))
        return y * 2 + count, y.shape[0]

    calls = [(torch.randn(n, 2), torch.tensor(f)) for n in (1, 2, 5) for f in (1, -1)]
    assert_same(choose, calls[0], calls, dynamic_shapes={"x": "rows _", "flag": ""})


def test_any_structure_is_returned():
    """Nestings of tensors, sizes, Python values and None; a tensor returned by both as it is stays that tensor."""

    def choose(x, flag):
        def one():
            return {"x": x, "y": [x + 1, None], "n": x.shape[0], "big": x.shape[0] > 2, "name": "both"}

        def other():
            return {"x": x, "y": [x - 1, None], "n": 7, "big": True, "name": "both"}

        found = cond(flag > 0, one, other)
        found["x"].add_(1)
        return found, x

    calls = [(torch.randn(n, 2), torch.tensor(f)) for n in (1, 3) for f in (1, -1)]
    assert_same(choose, calls[0], calls, dynamic_shapes={"x": "rows _", "flag": ""})


def test_nested_branches():
    """A branch may hold another cond, whose branches use what is around both."""

    def choose(x, a, b):
        y = x * 2

        def inner(z):
            return cond(b > 0, lambda: z + y, lambda: z * x.shape[0])

        return cond(a > 0, lambda: inner(x + 1), lambda: inner(y).sum(0, keepdim=True).expand(x.shape[0], 2))

    flags = [(torch.tensor(a), torch.tensor(b)) for a in (1, -1) for b in (1, -1)]
    calls = [(torch.randn(n, 2), *flag) for n in (1, 4) for flag in flags]
    assert_same(choose, calls[0], calls, dynamic_shapes={"x": "rows _", "a": "", "b": ""})


def test_gradients_flow_through_the_branch_taken():
    """Gradients of inputs and of parameters used in a branch."""

    class Choice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)

        def forward(self, x):
            return cond(x.sum() > 0, self.one, self.other, (x,))

    calls = [(torch.full((3, 2), value, requires_grad=True),) for value in (1.0, -1.0)]
    assert_same_gradients(Choice(), calls[0], calls[1:])


def test_branches_of_all_kinds():
    """Partial functions, modules and built-in functions."""
    scale = functools.partial(torch.mul, torch.tensor(3.0))
    flags = [(torch.ones(2), torch.tensor(flag)) for flag in (1, -1)]
    assert_same(lambda x, flag: cond(flag > 0, scale, torch.nn.ReLU(), [x]), flags[0], flags[1:])


def test_switch():
    """An index beyond either end takes the nearest branch."""
    branches = [torch.sin, torch.cos, lambda x: x * 2]
    calls = [(torch.tensor(i), torch.randn(3)) for i in range(-1, 5)]
    assert_same(lambda i, x: switch(i, branches, (x,)), calls[0], calls)


def test_the_branch_that_a_fixed_size_never_takes_need_not_make_sense():
    """With a static size, eager never runs the other branch."""
    assert_same(lambda x: cond(x.shape[0] == 3, lambda: x.reshape(3, 2), lambda: x.reshape(5, 7)), *rows(3))


def test_a_result_that_may_be_an_input_is_not_written():
    """Whether it shares memory with the input depends on the branch."""

    def choose(x, flag):
        y = cond(flag > 0, lambda: x, lambda: x + 1)
        y.add_(1)
        return x

    assert_refused(choose, (torch.ones(2), torch.tensor(1)), kind=Unsupported, line="y.add_(1)")


@pytest.mark.parametrize(
    "other",
    [lambda x: x.double(), lambda x: x[0], lambda x: 1.0, lambda x: None, lambda x: (x, x)],
    ids=["dtype", "rank", "number", "none", "structure"],
)
def test_results_that_cannot_be_made_one_are_refused(other):
    """The words name both branches."""
    error = assert_refused(
        lambda x, flag: cond(flag > 0, torch.sin, other, (x,)),
        (torch.ones(2), torch.tensor(1)),
        kind=Unsupported,
    )

    assert "`sin`" in error.what
    assert "`lambda`" in error.what


def test_a_tensor_kept_from_a_branch_is_refused():
    """What a branch leaves in a Python variable exists only if it ran."""

    def choose(x, flag):
        kept = []

        def one():
            kept.append(x + 1)
            return x * 2

        return cond(flag > 0, one, lambda: x * 3) + kept[0]

    assert_refused(choose, (torch.ones(2), torch.tensor(1)), kind=Unsupported)


def test_a_predicate_of_several_elements_is_an_error():
    """In eager, and at export with the line that made it."""

    def choose(x):
        above = x > 0
        return cond(above, torch.sin, torch.cos, (x,))

    with pytest.raises(RuntimeError, match="one element"):
        choose(torch.ones(2))
    error = assert_refused(choose, (torch.ones(2),), kind=Unsupported, line="return cond(above")
    assert "above = x > 0" in error.what


def test_a_branch_that_raises_is_refused():
    def never(x):
        raise ValueError("no such case")

    def choose(x):
        return cond(x.sum() > 0, torch.sin, never, (x,))

    error = assert_refused(choose, (torch.ones(2),), kind=Unsupported, line="return cond(x.sum()")
    assert "ValueError: no such case" in error.what


def test_the_bare_graph_runs_too():
    """PyTorch's own implementation runs the graph as we do."""
    program = fullgraph.export(nonlocal_variables, *rows(3), dynamic_shapes=ROWS)
    for (x,) in rows(2, 8):
        torch.testing.assert_close(program.graph_module(x)[0], nonlocal_variables(x))


def test_refusals_name_the_lines_of_both_branches():
    """For tensors the lines that made them, for Python values those of the functions."""

    def dtypes(x):
        return cond(
            x.sum() > 0,
            lambda: x.double(),
            lambda: x.half(),
        )

    def strings(x):
        def one():
            return "one"

        def other():
            return None

        return cond(x.sum() > 0, one, other)

    for program, lines in ((dtypes, ["x.double()", "x.half()"]), (strings, ["def one()", "def other()"])):
        error = assert_refused(program, (torch.ones(2),), kind=Unsupported)
        assert all(line in error.what for line in lines), error


def test_numbers_of_one_kind_are_merged():
    """Floats, too; a float and an int compute differently, and are refused."""

    def numbers(x, flag):
        scale = cond(flag > 0, lambda: 1.5, lambda: -2.0)
        shift = cond(flag > 0, lambda: x.shape[0] / 2, lambda: scale * 2)
        return x * scale + shift, scale, cond(flag > 0, lambda: 0.0, lambda: -0.0)

    calls = [(torch.ones(n), torch.tensor(flag)) for n in (1, 3) for flag in (1, -1)]
    assert_same(numbers, calls[0], calls, dynamic_shapes={"x": "n", "flag": ""})
    assert_refused(lambda flag: cond(flag > 0, lambda: 1, lambda: 2.5), (torch.tensor(1),), kind=Unsupported)


def test_a_predicate_that_is_none_is_refused():
    """In a trace and outside of one."""
    with pytest.raises(TypeError, match="is not None"):
        cond(None, torch.sin, torch.cos, (torch.ones(2),))
    with pytest.raises(TypeError, match="is not None"):
        fullgraph.export(lambda x: cond(None, torch.sin, torch.cos, (x,)), (torch.ones(2),))
