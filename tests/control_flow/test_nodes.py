"""Operators met as nodes: programs called inside a program, and graphs of torch.export."""

import torch

import fullgraph
from fullgraph import associative_scan, cond, scan, while_loop
from tests.support import assert_same


class Square(torch.autograd.Function):
    """Its gradient is not the derivative, so that losing it shows."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 5 * ctx.saved_tensors[0]


def everything(x):
    """All operators, one after the other."""
    a = cond(x.sum() > 0, torch.sin, torch.cos, (x,))
    _, b = while_loop(lambda i, y: i < x.shape[0], lambda i, y: (i + 1, y + x[i]), (0, a))
    c, d = scan(lambda c, row: (c + row, c * row), x[0], b)
    e = fullgraph.map(lambda row: (row * 2, x.sum()), d)[0]
    f = associative_scan(lambda p, q: p * q, e)
    with torch.no_grad():
        g = f * 2
    return Square.apply(f) + g * c


def test_a_program_inside_a_program():
    """Values and gradients are those of the function that was exported first, at other sizes too."""
    inner = fullgraph.export(everything, (torch.rand(3),), dynamic_shapes={"x": "n"})
    program = fullgraph.export(lambda y: inner(y * 2) + 1, (torch.rand(3),), dynamic_shapes={"y": "n"})

    for count in (1, 3, 6):
        y = torch.rand(count, requires_grad=True)
        expected, actual = everything(y * 2) + 1, program(y)
        torch.testing.assert_close(actual, expected)
        torch.testing.assert_close(
            torch.autograd.grad(actual.sum(), y), torch.autograd.grad(expected.sum(), y)
        )


def test_a_bare_graph_inside_a_program():
    """The graph module itself holds PyTorch's operators; they are recorded as ours."""
    bare = fullgraph.export(everything, (torch.rand(3),), dynamic_shapes={"x": "n"}).graph_module
    program = fullgraph.export(lambda y: bare(y)[0], (torch.rand(3),), dynamic_shapes={"y": "n"})

    for count in (1, 3, 6):
        y = torch.rand(count)
        torch.testing.assert_close(program(y), everything(y))


def test_a_graph_of_torch_export():
    """Its `cond` stays one."""

    class Choice(torch.nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, torch.sin, torch.cos, (x,))

    exported = torch.export.export(Choice(), (torch.ones(3),)).module()
    program = fullgraph.export(exported, (torch.ones(3),))

    assert program.graph.find_nodes(op="call_function", target=torch.ops.higher_order.cond)
    for x in (torch.ones(3), -torch.ones(3)):
        torch.testing.assert_close(program(x), exported(x))


def test_a_program_runs_under_compile():
    """`torch.compile` sees PyTorch's operators."""
    program = assert_same(
        lambda x: cond(x.sum() > 0, torch.sin, torch.cos, (x,)), (torch.ones(3),), [(-torch.ones(3),)]
    )
    compiled = torch.compile(lambda x: program(x) * 2, backend="eager")

    for x in (torch.ones(3), -torch.ones(3)):
        torch.testing.assert_close(compiled(x), program(x) * 2)
