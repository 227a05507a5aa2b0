"""From a trace to parts: what the graph returns, in which order, and what the signature says of it."""

import math
from dataclasses import replace

import pytest
import torch
from torch.export.graph_signature import (
    ConstantArgument,
    InputKind,
    OutputKind,
    SymIntArgument,
    TensorArgument,
)

from fullgraph.errors import Unsupported
from fullgraph.program import verify
from fullgraph.symbolic import add, eq, symbol
from fullgraph.tracing import GraphOutput, OutputLeaf, OutputRole
from tests.program.sketch import Sketch, aten

ONES = torch.ones(3)


def test_the_signature_has_the_printed_form_of_the_seed_page():
    sketch = Sketch(lambda x: None, (ONES,))
    parts = sketch.parts(sketch.returns(sketch.call(aten.cos.default, sketch.user(0), dims=(3,))))

    assert repr(parts.signature) == (
        "ExportGraphSignature(parameters=[], buffers=[], user_inputs=['x'], user_outputs=['cos_default'], "
        "inputs_to_parameters={}, inputs_to_buffers={}, buffers_to_mutate={}, backward_signature=None, "
        "assertion_dep_token=None)"
    )


def test_the_signature_tells_all_kinds_apart():
    sketch = Sketch(lambda x, y: None, (ONES, ONES))
    sketch.parameter("w", torch.nn.Parameter(ONES))
    b = sketch.buffer("b", torch.ones(3), persistent=False)
    sketch.constant("c", torch.ones(3))
    x = sketch.user(0, dims=(symbol("n"),))
    sketch.user(1)
    size = sketch.call(aten.sym_size.int, x, 0, value=symbol("n"))
    sketch.write(OutputRole.BUFFER, "b", sketch.call(aten.add.Tensor, b, 1, dims=(3,)))
    sketch.write(OutputRole.INPUT, "y", sketch.call(aten.add.Tensor, b, 2, dims=(3,)))
    contract = sketch.contract({symbol("n"): (0, math.inf)})
    parts = sketch.parts(sketch.returns(size), OutputLeaf(constant="text"), contract=contract)
    signature = parts.signature

    verify(parts)
    kinds = [spec.kind for spec in signature.input_specs]
    assert kinds == [
        InputKind.PARAMETER,
        InputKind.BUFFER,
        InputKind.CONSTANT_TENSOR,
        *[InputKind.USER_INPUT] * 2,
    ]
    assert signature.non_persistent_buffers == ("b",)
    assert dict(signature.inputs_to_lifted_tensor_constants) == {"c": "c"}
    assert dict(signature.buffers_to_mutate) == {"add_tensor": "b"}
    assert dict(signature.user_inputs_to_mutate) == {"add_tensor_1": "y"}
    assert signature.user_outputs == (size.name, "text")
    assert [type(spec.arg) for spec in signature.output_specs] == [
        TensorArgument,
        TensorArgument,
        SymIntArgument,
        ConstantArgument,
    ]
    assert signature.output_specs[0].kind is OutputKind.BUFFER_MUTATION


def test_tensors_are_shared_and_sorted_into_state_and_constants():
    weight, unused, kept, dropped, constant = (
        *(torch.nn.Parameter(torch.ones(3)) for _ in range(2)),
        *(torch.ones(3) for _ in range(3)),
    )
    sketch = Sketch(lambda: None, ())
    sketch.parameter("layer.w", weight)
    sketch.buffer("kept", kept)
    sketch.buffer("dropped", dropped, persistent=False)
    sketch.constant("c", constant)
    owner = torch.nn.ParameterDict({"w": weight, "unused": unused, "again": weight})
    parts = sketch.parts(modules=[("layer", owner)])

    assert sorted(parts.state) == ["kept", "layer.again", "layer.unused", "layer.w"]
    assert parts.state["layer.w"] is weight
    assert parts.state["layer.again"] is weight
    assert parts.training is True
    assert parts.constants == {"dropped": dropped, "c": constant}
    assert [id(tensor) for tensor in parts.lifted] == [id(t) for t in (weight, kept, dropped, constant)]


def test_what_nobody_uses_is_not_in_the_graph():
    sketch = Sketch(lambda x: None, (ONES,))
    x = sketch.user(0)
    sketch.call(aten.exp.default, sketch.call(aten.sin.default, x, dims=(3,)), dims=(3,))
    parts = sketch.parts(sketch.returns(sketch.call(aten.cos.default, x, dims=(3,))))

    assert [node.name for node in parts.graph.nodes] == ["x", "cos_default", "output"]


def test_equal_symbols_are_one_in_the_finished_graph():
    n, m = symbol("n"), symbol("m")
    sketch = Sketch(lambda x, y: None, (ONES, ONES))
    x, y = sketch.user(0, dims=(n,)), sketch.user(1, dims=(m,))
    contract = replace(sketch.contract({n: (0, math.inf), m: (0, math.inf)}), solutions={m: n})
    joined = sketch.call(aten.cat.default, [x, y], dims=(add(n, m),))
    parts = sketch.parts(sketch.returns(joined), contract=contract)

    assert eq(joined.meta["val"].shape[0], add(n, n)).is_const
    assert parts.graph.output_node().args[0] == (joined,)


def test_a_returned_value_that_nothing_computes_is_refused():
    sketch = Sketch(lambda x: None, (ONES,))
    sketch.user(0)
    sketch.outputs.append(GraphOutput("lost", OutputRole.USER))

    with pytest.raises(Unsupported, match="lost"):
        sketch.parts(OutputLeaf(index=0))
