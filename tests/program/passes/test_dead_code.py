"""Dead code goes; what does something although nobody uses its value stays."""

import torch

from fullgraph.program import eliminate_dead_code
from tests.program.sketch import Sketch, aten


@torch.library.custom_op("fullgraph_tests::noisy", mutates_args=())
def noisy(x: torch.Tensor) -> torch.Tensor:
    """Do something that no schema tells."""
    return x.clone()


def test_dead_code():
    x_value = torch.ones(3)
    sketch = Sketch(lambda x: None, (x_value,))
    x = sketch.user(0)
    sketch.call(torch.sym_max, sketch.call(aten.sym_size.int, x, 0), 4)
    sketch.call(aten.sin.default, x)
    kept = [
        sketch.call(aten.rand_like.default, x),
        sketch.call(aten._assert_async.msg, x, "positive"),
        sketch.call(torch.ops.fullgraph_tests.noisy.default, x),
        sketch.call(torch.ops.higher_order.cond, True, None, None, ()),
    ]
    sketch.graph.output(())

    assert eliminate_dead_code(sketch.graph) == 3
    assert [node for node in sketch.graph.nodes if node.op == "call_function"] == kept
