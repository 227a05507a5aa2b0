"""The cases of the seed page: the graphs shown there, but for the names of inputs and submodules; then more.

The page says what branches must not do: take other arguments than the operands, close over something, write in place,
return several tensors or tensors of differing sizes. Each of these restrictions is lifted by one test below.
"""

import expecttest
import functorch.experimental.control_flow as functorch
import torch

import fullgraph
from fullgraph import Dim, cond, dynamic_dim
from tests.support import assert_same


def graphs_of(program):
    """Return the code of the graph and of its subgraphs, without comments and empty lines."""
    modules = [("", program.graph_module), *program.graph_module.named_children()]
    lines = []
    for name, module in modules:
        code = module.code.replace("forward", name or "forward").strip()
        lines += [line.split(";  ")[0].rstrip() for line in code.splitlines() if line.strip()]
    return "\n".join(lines)


class MySubModule(torch.nn.Module):
    def foo(self, x):
        return x.cos()

    def forward(self, x):
        return self.foo(x)


class CondBranchClassMethod(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.subm = MySubModule()

    def bar(self, x):
        return x.sin()

    def forward(self, x):
        return functorch.cond(x.shape[0] <= 2, self.subm.forward, self.bar, [x])


def cond_branch_nested_function(x):
    def true_fn(x):
        def inner_true_fn(y):
            return x + y

        return inner_true_fn(x)

    def false_fn(x):
        def inner_false_fn(y):
            return x - y

        return inner_false_fn(x)

    return functorch.cond(x.shape[0] < 10, true_fn, false_fn, [x])


def cond_branch_nonlocal_variables(x):
    my_tensor_var = x + 100
    my_primitive_var = 3.14

    def true_fn(x, y, z):
        return x + y + z

    def false_fn(x, y, z):
        return x - y - z

    return functorch.cond(
        x.shape[0] > 5,
        true_fn,
        false_fn,
        [x, my_tensor_var, torch.tensor(my_primitive_var)],
    )


def cond_operands(x, y):
    def true_fn(x, y):
        return x + y

    def false_fn(x, y):
        return x - y

    return functorch.cond(x.shape[0] > 2, true_fn, false_fn, [x, y])


def cond_predicate(x):
    pred = x.dim() > 2 and x.shape[2] > 10
    return functorch.cond(pred, lambda x: x.cos(), lambda y: y.sin(), [x])


def dynamic_shape_map(xs, y):
    def body(x, y):
        return x + y

    return functorch.map(body, xs, y)


class TestThePage(expecttest.TestCase):
    """The graphs as the page shows them."""

    def test_cond_branch_class_method(self):
        program = assert_same(CondBranchClassMethod(), (torch.ones(3),))
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, x):
    true_branch_forward = self.true_branch_forward
    false_branch_bar = self.false_branch_bar
    cond = torch.ops.higher_order.cond(False, true_branch_forward, false_branch_bar, (x,))
    getitem = cond[0]
    return (getitem,)
def true_branch_forward(self, x):
    cos_default = torch.ops.aten.cos.default(x)
    return (cos_default,)
def false_branch_bar(self, x):
    sin_default = torch.ops.aten.sin.default(x)
    return (sin_default,)""",
        )

    def test_cond_branch_nested_function(self):
        program = assert_same(cond_branch_nested_function, (torch.ones(3),))
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, x):
    true_branch_true_fn = self.true_branch_true_fn
    false_branch_false_fn = self.false_branch_false_fn
    cond = torch.ops.higher_order.cond(True, true_branch_true_fn, false_branch_false_fn, (x,))
    getitem = cond[0]
    return (getitem,)
def true_branch_true_fn(self, x):
    add_tensor = torch.ops.aten.add.Tensor(x, x)
    return (add_tensor,)
def false_branch_false_fn(self, x):
    sub_tensor = torch.ops.aten.sub.Tensor(x, x)
    return (sub_tensor,)""",
        )

    def test_cond_branch_nonlocal_variables(self):
        program = assert_same(cond_branch_nonlocal_variables, (torch.ones(6),))
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, c__tensor_constant0, x):
    add_tensor = torch.ops.aten.add.Tensor(x, 100)
    lift_fresh_copy_default = torch.ops.aten.lift_fresh_copy.default(c__tensor_constant0)
    true_branch_true_fn = self.true_branch_true_fn
    false_branch_false_fn = self.false_branch_false_fn
    cond = torch.ops.higher_order.cond(True, true_branch_true_fn, false_branch_false_fn, (x, add_tensor, \
lift_fresh_copy_default))
    getitem = cond[0]
    return (getitem,)
def true_branch_true_fn(self, x, add_tensor, lift_fresh_copy_default):
    add_tensor_1 = torch.ops.aten.add.Tensor(x, add_tensor)
    add_tensor_2 = torch.ops.aten.add.Tensor(add_tensor_1, lift_fresh_copy_default)
    return (add_tensor_2,)
def false_branch_false_fn(self, x, add_tensor, lift_fresh_copy_default):
    sub_tensor = torch.ops.aten.sub.Tensor(x, add_tensor)
    sub_tensor_1 = torch.ops.aten.sub.Tensor(sub_tensor, lift_fresh_copy_default)
    return (sub_tensor_1,)""",
        )

    def test_cond_operands(self):
        x, y = torch.randn(3, 2), torch.ones(2)
        program = fullgraph.export(cond_operands, (x, y), constraints=[dynamic_dim(x, 0) >= 0])
        for count in (0, 1, 2, 3, 5):
            rows = torch.randn(count, 2)
            torch.testing.assert_close(program(rows, y), rows + y if count > 2 else rows - y)
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, x, y):
    sym_size_int = torch.ops.aten.sym_size.int(x, 0)
    ge = sym_size_int >= 3
    true_branch_true_fn = self.true_branch_true_fn
    false_branch_false_fn = self.false_branch_false_fn
    cond = torch.ops.higher_order.cond(ge, true_branch_true_fn, false_branch_false_fn, (x, y))
    getitem = cond[0]
    return (getitem,)
def true_branch_true_fn(self, x, y):
    add_tensor = torch.ops.aten.add.Tensor(x, y)
    return (add_tensor,)
def false_branch_false_fn(self, x, y):
    sub_tensor = torch.ops.aten.sub.Tensor(x, y)
    return (sub_tensor,)""",
        )

    def test_cond_predicate(self):
        program = assert_same(cond_predicate, (torch.ones(6, 4, 3),))
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, x):
    true_branch_lambda = self.true_branch_lambda
    false_branch_lambda = self.false_branch_lambda
    cond = torch.ops.higher_order.cond(False, true_branch_lambda, false_branch_lambda, (x,))
    getitem = cond[0]
    return (getitem,)
def true_branch_lambda(self, x):
    cos_default = torch.ops.aten.cos.default(x)
    return (cos_default,)
def false_branch_lambda(self, x):
    sin_default = torch.ops.aten.sin.default(x)
    return (sin_default,)""",
        )

    def test_dynamic_shape_map(self):
        program = assert_same(dynamic_shape_map, (torch.randn(3, 2), torch.ones(2)))
        self.assertExpectedInline(
            graphs_of(program),
            """\
def forward(self, xs, y):
    map_body = self.map_body
    map_impl = torch.ops.higher_order.map_impl(map_body, (xs,), (y,))
    getitem = map_impl[0]
    return (getitem,)
def map_body(self, arg_0, y):
    add_tensor = torch.ops.aten.add.Tensor(arg_0, y)
    return (add_tensor,)""",
        )


ROWS = [(torch.randn(count, 2),) for count in (0, 1, 2, 5, 9)]


def compared(function):
    """The program is eager at sizes that take either branch."""
    program = assert_same(function, (torch.randn(3, 2),), ROWS, dynamic_shapes={"x": (Dim("rows"), None)})
    assert program.graph.find_nodes(op="call_function", target=torch.ops.higher_order.cond)


def test_branches_may_take_other_arguments():
    """No operands, or some of them with defaults."""
    compared(lambda x: cond(x.shape[0] > 2, lambda x, scale=2: x * scale, lambda *xs: xs[0] - 1, (x,)))


def test_branches_may_return_several_tensors():
    """And anything else that is nested."""
    compared(lambda x: cond(x.shape[0] > 2, lambda: {"a": (x, x + 1)}, lambda: {"a": (x - 1, x * 2)}))


def test_branches_may_return_tensors_of_differing_sizes():
    """One side has more rows than the other."""
    compared(lambda x: cond(x.shape[0] > 2, lambda: x[:2] + 1, lambda: torch.cat([x, x, x])) * 2)


def test_branches_may_close_over_anything():
    """A tensor, a number, a size, a module."""
    linear = torch.nn.Linear(2, 2)

    def program(x):
        total, number, rows = x.sum(), 3.14, x.shape[0]
        return cond(rows > 2, lambda: linear(x) + total * number, lambda: x * rows - total)

    compared(program)


def test_branches_may_write_in_place():
    """To an input, and to what was computed before."""

    def program(x):
        made = x * 2

        def true_fn(x):
            x.add_(1)
            return made.mul_(3) + 1

        return cond(x.shape[0] > 2, true_fn, lambda x: x * 2, (x,)), made

    compared(program)


def test_branches_may_write_globals():
    """A tensor of the module around the function."""

    class Holder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(2))

        def forward(self, x):
            return cond(x.shape[0] > 2, lambda: x + self.seen.add_(1), lambda: x - self.seen)

    compared(Holder())


def test_a_predicate_on_a_size_below_two_is_not_specialized():
    """The page specializes it."""
    compared(lambda x: cond(x.shape[0] < 2, lambda: x.sin(), lambda: x.cos()))


def test_operands_may_be_nested():
    """Not only a list of tensors."""
    compared(lambda x: cond(x.shape[0] > 2, lambda d, n: d["x"] * n, lambda d, n: d["x"] + n, ({"x": x}, 3)))


def test_functions_and_fullgraphs_own_are_one():
    """The old names of PyTorch are captured as ours."""
    ours = fullgraph.export(lambda x: cond(x.sum() > 0, torch.sin, torch.cos, (x,)), (torch.ones(2),))
    theirs = fullgraph.export(
        lambda x: functorch.cond(x.sum() > 0, torch.sin, torch.cos, [x]), (torch.ones(2),)
    )

    assert graphs_of(ours) == graphs_of(theirs)
