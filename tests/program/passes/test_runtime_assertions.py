"""The contract on sizes as operators of the graph, in the seed page's form."""

import math

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.contract import Assumption, AssumptionKind
from fullgraph.program import add_runtime_assertions, render_code, verify
from fullgraph.symbolic import eq, mul, symbol
from tests.program.sketch import Sketch, aten, call

N = symbol("n")


def test_static_sizes_as_on_the_seed_page():
    sketch = Sketch(lambda x: None, (torch.ones(3, 2),))
    parts = sketch.parts(sketch.returns(sketch.call(aten.cos.default, sketch.user(0), dims=(3, 2))))
    asserted = add_runtime_assertions(parts)

    verify(asserted)
    assert render_code(asserted.graph, {}).split("\n") == [
        "class GraphModule(torch.nn.Module):",
        "    def forward(self, x: f32[3, 2]):",
        "        sym_size_int = torch.ops.aten.sym_size.int(x, 0)",
        "        sym_size_int_1 = torch.ops.aten.sym_size.int(x, 1)",
        "        eq = sym_size_int_1 == 2;  sym_size_int_1 = None",
        "        scalar_tensor_default: f32[] = torch.ops.aten.scalar_tensor.default(eq);  eq = None",
        (
            "        _assert_async_msg = torch.ops.aten._assert_async.msg(scalar_tensor_default, "
            "'Input x.shape[1] is specialized at 2');  scalar_tensor_default = None"
        ),
        "        eq_1 = sym_size_int == 3;  sym_size_int = None",
        "        scalar_tensor_default_1: f32[] = torch.ops.aten.scalar_tensor.default(eq_1);  eq_1 = None",
        (
            "        _assert_async_msg_1 = torch.ops.aten._assert_async.msg(scalar_tensor_default_1, "
            "'Input x.shape[0] is specialized at 3');  scalar_tensor_default_1 = None"
        ),
        "        cos_default: f32[3, 2] = torch.ops.aten.cos.default(x);  x = None",
        "        return (cos_default,)",
    ]
    assert not list(parts.graph.find_nodes(op="call_function", target=aten._assert_async.msg))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((4, 8), None),
        ((4, 7), r"y.shape\[0\] is not 2\*n"),
        ((1, 2), r"x.shape\[0\] is outside of specified dynamic range \[2, 5\]"),
        ((6, 12), r"outside of specified dynamic range \[2, 5\]"),
        ((3, 6), r"n % 2 == 0"),
    ],
)
def test_ranges_and_relations(sizes, message):
    from fullgraph.symbolic import mod

    sketch = Sketch(lambda x, y: None, (torch.ones(4), torch.ones(8)))
    x, y = sketch.user(0, dims=(N,)), sketch.user(1, dims=(mul(N, 2),))
    even = Assumption(eq(mod(N, 2), 0), None, AssumptionKind.DECLARED)
    contract = sketch.contract({N: (2, 5)}, assumptions=(even,))
    total = sketch.call(aten.add.Tensor, sketch.call(aten.sum.default, x), sketch.call(aten.sum.default, y))
    parts = add_runtime_assertions(sketch.parts(sketch.returns(total), contract=contract))
    given = [torch.ones(size) for size in sizes]

    verify(parts)
    if message is None:
        assert call(parts, *given)[0].item() == sum(sizes)
    else:
        with pytest.raises(RuntimeError, match=message):
            call(parts, *given)


def test_no_bound_is_no_assertion():
    sketch = Sketch(lambda x: None, (torch.ones(4),))
    x = sketch.user(0, dims=(N,))
    contract = sketch.contract({N: (0, math.inf)})
    parts = add_runtime_assertions(sketch.parts(sketch.returns(x), contract=contract))

    assert not list(parts.graph.find_nodes(op="call_function", target=aten._assert_async.msg))


@pytest.mark.parametrize(
    ("shapes", "constraints", "good", "bad"),
    [
        ({"x": "2*w"}, [], [(0, 1), (8, 1)], [(3, 1)]),
        ({"x": (2 * Dim("w", max=3),)}, [], [(6, 1)], [(8, 1)]),
        ({"x": "w+2"}, [], [(2, 1)], [(1, 1)]),
        ({"x": "7-w"}, [], [(7, 1)], [(8, 1)]),
        ({"x": "2*h", "y": "h+h+h-5"}, [], [(4, 1), (8, 7)], [(4, 2), (5, 1)]),
        ({"x": "2*h"}, ["h <= 3"], [(6, 1)], [(8, 1)]),
        ({"x": (8 * Dim("w", values=[0, 2]) - 12,)}, [], [(4, 1)], [(12, 1), (5, 1)]),
        ({"x": "a+b", "y": "b"}, [], [(5, 5), (4, 0)], [(3, 4)]),
        ({"x": (Dim("a", max=9),), "y": "b"}, ["a == 4*b"], [(8, 2)], [(12, 3), (4, 2)]),
        ({"x": (Dim("a", values=[4, 8]),), "y": "b"}, ["a == 4*b"], [(8, 2)], [(12, 3)]),
    ],
)
def test_derived_and_solved_dims(shapes, constraints, good, bad):
    """What no input has as its size is computed, so that its range and what is said of it are asserted too."""
    program = fullgraph.export(
        lambda x, y: x.sum() + y.sum(),
        (torch.ones(4), torch.ones(1)),
        dynamic_shapes={"y": None, **shapes},
        constraints=constraints,
    )
    graph = program.with_runtime_assertions().graph_module

    for sizes in good:
        assert graph(*map(torch.ones, sizes))[0].item() == sum(sizes)
    for sizes in bad:
        with pytest.raises(RuntimeError, match=r"outside of|is not|<="):
            graph(*map(torch.ones, sizes))
