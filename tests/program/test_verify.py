"""What a legal graph is: each rule, broken once."""

import pytest
import torch

from fullgraph.errors import Unsupported
from fullgraph.program import verify
from fullgraph.symbolic import symbol
from fullgraph.tracing import MARKER, OutputLeaf, OutputRole
from tests.program.sketch import Sketch, aten

ONES = torch.ones(3)


def program_with(target, *args, **kwargs):
    """Return the parts of a program that performs this one call on `x` and those arguments."""
    sketch = Sketch(lambda x: None, (ONES,))
    x = sketch.user(0)
    return sketch.parts(sketch.returns(sketch.call(target, x, *args, dims=(3,), **kwargs)))


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        (aten.add.Tensor, (1,)),
        (aten.to.dtype, (torch.float64,)),
        (aten.index.Tensor, ([None],)),
        (aten.transpose.int, (0, 0)),
        (torch.sym_max, (3,)),
        (round, ()),
    ],
)
def test_legal_nodes(target, arguments):
    verify(program_with(target, *arguments))


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        (aten.add_.Tensor, (1,), "writes to its arguments"),
        (aten.add.Tensor, (torch.ones(3),), "instead of an input of the graph"),
        (aten.expand.default, ([symbol("n")],), "symbolic size"),
        (aten.einsum.default, (f"{MARKER} f32[3]>",), "text made of a traced tensor"),
        (torch.relu, (), "is no operator"),
        (print, (), "is no operator"),
        (round, (object(),), "no graph can hold"),
    ],
)
def test_illegal_nodes(target, arguments, message):
    with pytest.raises(Unsupported, match=message):
        verify(program_with(target, *arguments))


def test_a_node_may_only_use_earlier_ones():
    parts = program_with(aten.cos.default)
    parts.graph.output_node().prepend(next(iter(parts.graph.nodes)))

    with pytest.raises(Unsupported, match="computed later"):
        verify(parts)


def test_the_error_names_the_users_line():
    from fullgraph.source import origin_here

    sketch = Sketch(lambda x: None, (ONES,))
    bad = sketch.call(aten.add_.Tensor, sketch.user(0), 1, dims=(3,))
    bad.meta["origin"] = origin_here()

    with pytest.raises(Unsupported) as caught:
        verify(sketch.parts(sketch.returns(bad)))

    assert caught.value.where is not None
    assert "origin_here()" in str(caught.value)


@pytest.mark.parametrize("dims", [(1,), (symbol("n"),), (3, 1)])
def test_a_buffer_keeps_its_shape(dims):
    """`self.buf = new` of another shape would be broadcast into the old buffer without a word."""
    sketch = Sketch(lambda: None, ())
    b = sketch.buffer("cache", torch.ones(3))
    sketch.write(OutputRole.BUFFER, "cache", sketch.call(aten.cumsum.default, b, 0, dims=dims))

    with pytest.raises(Unsupported, match="`cache` becomes another kind of tensor"):
        verify(sketch.parts())


def test_a_buffer_keeps_its_dtype():
    sketch = Sketch(lambda: None, ())
    b = sketch.buffer("cache", torch.ones(3))
    sketch.write(OutputRole.BUFFER, "cache", sketch.call(aten.gt.Scalar, b, 0, dims=(3,), dtype=torch.bool))

    with pytest.raises(Unsupported, match="another kind"):
        verify(sketch.parts())


@pytest.mark.parametrize("constant", [torch.ones(1), symbol("n"), f"sum: {MARKER} f32[]>"])
def test_nothing_of_the_trace_is_returned_as_a_constant(constant):
    sketch = Sketch(lambda x: None, (ONES,))
    sketch.user(0)

    with pytest.raises(Unsupported, match="no recorded operator|text made of"):
        verify(sketch.parts(OutputLeaf(constant=constant)))


def test_a_stand_in_is_no_parameter():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        fake = torch.ones(3)
    sketch = Sketch(lambda: None, ())
    sketch.buffer("b", fake)

    with pytest.raises(Unsupported, match="`b` is a FakeTensor"):
        verify(sketch.parts())


def test_a_name_is_a_tensor_or_a_module():
    sketch = Sketch(lambda: None, ())
    sketch.buffer("a", torch.ones(1))
    sketch.buffer("a.b", torch.ones(1))

    with pytest.raises(Unsupported, match="`a` names both"):
        verify(sketch.parts())
