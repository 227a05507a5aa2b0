"""One call of a program: what is written back, in which order, and what the caller gets."""

import operator

import pytest
import torch

from fullgraph.program import verify
from fullgraph.tracing import Given, OutputLeaf, OutputRole
from fullgraph.tracing.tree import flatten_contents
from tests.program.sketch import Sketch, aten, call, run_of

ONES = torch.ones(3)


def test_outputs_are_rebuilt_in_their_structure():
    sketch = Sketch(lambda x, scale=2: None, (ONES,))
    x = sketch.user(0)
    doubled = sketch.call(aten.mul.Tensor, x, 2, dims=(3,))
    parts = sketch.parts(sketch.returns(doubled), OutputLeaf(constant=2), result={"y": 0, "scale": [1]})

    verify(parts)
    result = call(parts, torch.full((3,), 2.0))

    assert list(result) == ["y", "scale"]
    assert result["y"].tolist() == [4.0, 4.0, 4.0]
    assert result["scale"] == [2]


def test_a_constant_that_no_graph_can_hold_is_given_back_as_it_is():
    thing = object()
    sketch = Sketch(lambda x: None, (ONES,))
    sketch.user(0)

    assert call(sketch.parts(OutputLeaf(constant=thing)), ONES) == (thing,)


def test_an_output_that_is_an_input_is_the_callers_own_object():
    sketch = Sketch(lambda x: None, (ONES,))
    sketch.user(0)
    parts = sketch.parts(OutputLeaf(input_leaf=0))
    given = torch.zeros(3)

    (result,) = call(parts, given)

    assert result is given
    assert parts.signature.user_outputs == ("x",)


def test_buffers_and_inputs_are_written_back():
    buffer = torch.zeros(3)
    sketch = Sketch(lambda x: None, (ONES,))
    b, x = sketch.buffer("stats.mean", buffer), sketch.user(0)
    added = sketch.call(aten.add.Tensor, b, x, dims=(3,))
    negated = sketch.call(aten.neg.default, x, dims=(3,))
    sketch.write(OutputRole.BUFFER, "stats.mean", added)
    sketch.write(OutputRole.INPUT, "x", negated)
    parts = sketch.parts(OutputLeaf(input_leaf=0), OutputLeaf(lifted="stats.mean"))
    given = torch.full((3,), 2.0)

    result = call(parts, given)

    assert result[0] is given
    assert given.tolist() == [-2.0] * 3
    assert result[1] is buffer
    assert buffer.tolist() == [2.0] * 3
    # The bare graph returns the values after the call at the places of the user's outputs.
    assert parts.signature.user_outputs == (negated.name, added.name)


@pytest.mark.parametrize("grad", [True, False])
def test_swapped_buffers_do_not_overwrite_each_other(grad):
    one, two = torch.tensor([1.0]), torch.tensor([2.0])
    sketch = Sketch(lambda: None, ())
    a, b = sketch.buffer("a", one), sketch.buffer("b", two)
    sketch.write(OutputRole.BUFFER, "a", b)
    sketch.write(OutputRole.BUFFER, "b", sketch.call(aten.view.default, a, [1], dims=(1,)))
    parts = sketch.parts(OutputLeaf(constant=None))

    with torch.set_grad_enabled(grad):
        call(parts)

    assert (one.item(), two.item()) == (2.0, 1.0)


@pytest.mark.parametrize("grad", [True, False])
def test_the_old_value_of_a_written_tensor_may_be_returned(grad):
    buffer = torch.tensor([1.0])
    sketch = Sketch(lambda: None, ())
    b = sketch.buffer("b", buffer)
    old = sketch.returns(
        sketch.call(aten.dropout.default, b, 0.5, False, dims=(1,))
    )  # eval: returns its input
    sketch.write(OutputRole.BUFFER, "b", sketch.call(aten.add.Tensor, b, 1, dims=(1,)))

    with torch.set_grad_enabled(grad):
        (result,) = call(sketch.parts(old))

    assert (result.item(), buffer.item()) == (1.0, 2.0)


def test_the_backward_pass_survives_the_write_back():
    """Autograd keeps batch norm's running statistics, which are written after the graph."""
    mean, var, weight = torch.zeros(3), torch.ones(3), torch.nn.Parameter(torch.ones(3))
    sketch = Sketch(lambda x: None, (torch.ones(4, 3),))
    w, m, v, x = (
        sketch.parameter("w", weight),
        sketch.buffer("m", mean),
        sketch.buffer("v", var),
        sketch.user(0),
    )
    normed = sketch.call(aten._native_batch_norm_legit_functional.default, x, w, None, m, v, True, 0.1, 1e-5)
    y, new_mean, new_var = (
        sketch.call(operator.getitem, normed, i, dims=d) for i, d in ((0, (4, 3)), (3, (3,)), (4, (3,)))
    )
    sketch.write(OutputRole.BUFFER, "m", new_mean)
    sketch.write(OutputRole.BUFFER, "v", new_var)
    example = torch.randn(4, 3)
    eager = torch.nn.BatchNorm1d(3)
    eager(example).pow(2).sum().backward()

    (result,) = call(sketch.parts(sketch.returns(y)), example)
    result.pow(2).sum().backward()

    torch.testing.assert_close(weight.grad, eager.weight.grad)
    torch.testing.assert_close(mean, eager.running_mean)


def test_a_write_under_no_grad_reaches_a_parameter():
    weight = torch.nn.Parameter(torch.ones(2))
    sketch = Sketch(lambda: None, ())
    w = sketch.parameter("w", weight)
    new = sketch.call(aten.mul.Tensor, w, 3, dims=(2,), grad=False)
    sketch.write(OutputRole.PARAMETER, "w", new, under_no_grad=True)
    parts = sketch.parts(OutputLeaf(lifted="w"))

    (result,) = call(parts)

    assert result is weight
    assert weight.tolist() == [3.0, 3.0]
    assert weight.is_leaf


def test_nothing_is_written_when_the_graph_raises():
    buffer = torch.zeros(1)
    sketch = Sketch(lambda x: None, (ONES,))
    b, x = sketch.buffer("b", buffer), sketch.user(0)
    sketch.write(OutputRole.BUFFER, "b", sketch.call(aten.add.Tensor, b, 1, dims=(1,)))
    bad = sketch.call(aten.view.default, x, [3], dims=(3,))
    parts = sketch.parts(sketch.returns(bad))

    with pytest.raises(RuntimeError):
        call(parts, torch.ones(4))

    assert buffer.item() == 0.0


def test_argument_containers_are_brought_up_to_date_and_keep_their_identity():
    cache = {"keys": ONES, "steps": [1]}
    sketch = Sketch(lambda x, cache: None, (ONES, cache))
    x, keys = sketch.user(0), sketch.user(1)
    longer = sketch.call(aten.cat.default, [keys, x], dims=(6,))
    contents = flatten_contents({1: {"keys": ONES, "steps": cache["steps"]}}, {id(cache["steps"]): 2})
    sketch.leaves_state(contents.tree, longer)
    trace_leaf = OutputLeaf(input_leaf=1)
    parts = sketch.parts(trace_leaf)
    mine = {"keys": torch.zeros(3), "steps": [1]}
    steps = mine["steps"]

    call(parts, ONES, mine)

    assert mine["keys"].tolist() == [0.0] * 3 + [1.0] * 3
    assert mine["steps"] is steps
    assert dict(parts.signature.argument_state) == {longer.name: "cache.keys"}


def test_a_returned_argument_container_is_the_callers():
    sketch = Sketch(lambda xs: None, ([ONES],))
    sketch.user(0)
    parts = sketch.parts()
    parts = type(parts)(**{**vars(parts), "output_tree": Given(1)})
    mine = [torch.zeros(3)]

    assert call(parts, mine) is mine


def test_the_lifted_tensors_are_given_at_each_call():
    sketch = Sketch(lambda: None, ())
    w = sketch.parameter("w", torch.nn.Parameter(torch.ones(2)))
    run = run_of(sketch.parts(sketch.returns(sketch.call(aten.add.Tensor, w, 1, dims=(2,)))))

    (result,) = run([torch.zeros(2)], (), {})

    assert result.tolist() == [1.0, 1.0]
