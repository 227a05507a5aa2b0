"""`no_grad` regions become subgraphs, and mean what they meant."""

import operator

import torch
from torch import fx

from fullgraph.program import verify
from fullgraph.program.forward import SET_GRAD
from fullgraph.tracing import OutputRole
from tests.program.sketch import Sketch, aten, call

ONES = torch.ones(3)


def calls_of(parts):
    return [node for node in parts.graph.nodes if node.op == "call_function"]


def test_a_region_is_one_call_and_cuts_gradients():
    """Eager: `with no_grad(): y = (w * 2).exp()`, then `y * w`."""
    weight = torch.nn.Parameter(ONES.clone())
    sketch = Sketch(lambda: None, ())
    w = sketch.parameter("w", weight)
    doubled = sketch.call(aten.mul.Tensor, w, 2, dims=(3,), grad=False)
    grown = sketch.call(aten.exp.default, doubled, dims=(3,), grad=False)
    result = sketch.call(aten.mul.Tensor, grown, w, dims=(3,))
    parts = sketch.parts(sketch.returns(result), sketch.returns(grown))

    verify(parts)
    assert [node.target for node in calls_of(parts)].count(SET_GRAD) == 1
    assert len(calls_of(parts)) == 3  # the region, its result, the product outside
    y, inner = call(parts)
    y.sum().backward()
    assert not inner.requires_grad
    torch.testing.assert_close(weight.grad, (ONES * 2).exp())


def test_grad_mode_is_put_back_when_a_region_raises():
    sketch = Sketch(lambda x: None, (ONES,))
    view = sketch.call(aten.view.default, sketch.user(0), [3], dims=(3,), grad=False)
    parts = sketch.parts(sketch.returns(view))

    try:
        call(parts, torch.ones(4))
    except RuntimeError:
        assert torch.is_grad_enabled()
    else:
        raise AssertionError("the view does not exist")


def test_enabled_inside_disabled():
    """The program is called under no_grad and turns gradients on for a part of it."""
    weight = torch.nn.Parameter(ONES.clone())
    sketch = Sketch(lambda: None, ())
    w = sketch.parameter("w", weight)
    plain = sketch.call(aten.mul.Tensor, w, 2, dims=(3,))
    followed = sketch.call(aten.mul.Tensor, w, 3, dims=(3,), grad=True)
    parts = sketch.parts(sketch.returns(plain), sketch.returns(followed))

    with torch.no_grad():
        results = call(parts)

    assert [result.requires_grad for result in results] == [False, True]


def test_alternating_regions_stay_apart_and_in_order():
    sketch = Sketch(lambda x: None, (ONES,))
    x = sketch.user(0)
    off = sketch.call(aten.add.Tensor, x, 1, dims=(3,), grad=False)
    on = sketch.call(aten.mul.Tensor, off, 2, dims=(3,))
    off_again = sketch.call(aten.add.Tensor, on, off, dims=(3,), grad=False)
    sketch.write(OutputRole.INPUT, "x", off)
    parts = sketch.parts(sketch.returns(off_again))
    given = torch.zeros(3)

    verify(parts)
    assert sorted(parts.modules) == ["grad_region_0", "grad_region_1"]
    assert call(parts, given)[0].tolist() == [3.0] * 3
    assert given.tolist() == [1.0] * 3


def test_sizes_and_subgraphs_inside_of_a_region():
    body = fx.Graph()
    a = body.placeholder("a")
    body.output((body.call_function(aten.neg.default, (a,)),))
    sketch = Sketch(lambda x: None, (ONES,))
    x = sketch.user(0)
    sketch.modules["body"] = fx.GraphModule({}, body)
    longer = sketch.call(aten.cat.default, [x, x], dims=(6,), grad=False)
    size = sketch.call(torch.sym_max, sketch.call(aten.sym_size.int, longer, 0, grad=False), 2)
    reference = sketch.graph.get_attr("body")
    branch = sketch.call(torch.ops.higher_order.cond, True, reference, reference, (longer,), grad=False)
    negated = sketch.call(operator.getitem, branch, 0, dims=(6,), grad=False)
    shaped = sketch.call(aten.view.default, negated, [size], dims=(6,), grad=False)
    parts = sketch.parts(sketch.returns(shaped))

    verify(parts)
    assert list(parts.modules["grad_region_0"].graph.find_nodes(op="get_attr", target="body"))
    assert not list(parts.graph.find_nodes(op="get_attr", target="body"))
    assert len(list(parts.graph.find_nodes(op="call_function", target=SET_GRAD))) == 1
    assert call(parts, ONES)[0].tolist() == [-1.0] * 6
