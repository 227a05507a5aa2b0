"""The printed form: annotated code that still is the code which runs."""

import math

import torch
from torch import fx

from fullgraph.program import RangeConstraint, render_code, render_program
from fullgraph.program.text import annotation
from fullgraph.symbolic import add, ge, symbol
from tests.program.sketch import Sketch, aten

N = symbol("n")


def drawn():
    sketch = Sketch(lambda x: None, (torch.ones(3, 2),))
    x = sketch.user(0, dims=(N, 2))
    size = sketch.call(aten.sym_size.int, x, 0, value=N)
    more = sketch.call(torch.sym_max, size, 4, value=add(N, 1))
    ones = sketch.call(aten.full.default, [more], 1, dims=(add(N, 1),))
    return sketch.parts(
        sketch.returns(ones), sketch.returns(more), contract=sketch.contract({N: (2, math.inf)})
    )


def test_the_whole_program():
    parts = drawn()
    text = render_program(parts)

    assert text.startswith(
        """\
ExportedProgram:
    class GraphModule(torch.nn.Module):
        def forward(self, x: f32[n, 2]):
            sym_size_int: Sym(n) = torch.ops.aten.sym_size.int(x, 0);  x = None
            sym_max: Sym(n + 1) = torch.sym_max(sym_size_int, 4);  sym_size_int = None
            full_default: f32[n + 1] = torch.ops.aten.full.default([sym_max], 1)
            return (full_default, sym_max)

Graph signature: ExportGraphSignature(parameters=[], buffers=[], user_inputs=['x'], """
    )
    assert "\nSymbol to range: {n: RangeConstraint(min_val=2, max_val=oo)}\nContract:\n" in text


def test_subgraphs_are_printed_inside():
    body = fx.Graph()
    a = body.placeholder("a")
    body.output((body.call_function(aten.cos.default, (a,)),))
    sketch = Sketch(lambda x: None, (torch.ones(3),))
    x = sketch.user(0)
    sketch.modules["body"] = fx.GraphModule({}, body)
    reference = sketch.graph.get_attr("body")
    called = sketch.call(torch.ops.higher_order.cond, True, reference, reference, [x], dims=(3,))
    parts = sketch.parts(sketch.returns(called))

    assert "\n    class GraphModule(torch.nn.Module):\n        def forward(self, a):\n" in render_code(
        parts.graph, parts.modules
    )


def test_many_inputs_stand_on_lines_of_their_own():
    graph = fx.Graph()
    nodes = [graph.placeholder(f"input_with_a_long_name_{i}") for i in range(5)]
    graph.output(tuple(nodes))

    assert "def forward(\n        self,\n        input_with_a_long_name_0,\n" in render_code(graph, {})


def test_a_comment_names_the_users_line_once():
    from fullgraph.source import origin_here

    sketch = Sketch(lambda x: None, (torch.ones(3),))
    x = sketch.user(0)
    origin = origin_here()
    first, second = sketch.call(aten.cos.default, x), sketch.call(aten.sin.default, x)
    first.meta["origin"] = second.meta["origin"] = origin
    parts = sketch.parts(sketch.returns(first), sketch.returns(second))
    text = render_code(parts.graph, parts.modules)

    assert text.count("# test_text.py:") == 1
    assert "in test_a_comment_names_the_users_line_once: origin = origin_here()" in text


def test_annotations():
    node = fx.Graph().placeholder("x")
    for value, expected in [
        (None, ""),
        (N, "Sym(n)"),
        (ge(N, 2), "Sym(n >= 2)"),
        (torch.empty(2, dtype=torch.bool), "b8[2]"),
        ((torch.empty(2), torch.empty((), dtype=torch.int64)), "(f32[2], i64[])"),
    ]:
        node.meta["val"] = value
        assert annotation(node) == expected


def test_a_range():
    assert repr(RangeConstraint(0, math.inf)) == "RangeConstraint(min_val=0, max_val=oo)"
    assert repr(RangeConstraint(-math.inf, 4)) == "RangeConstraint(min_val=-oo, max_val=4)"
