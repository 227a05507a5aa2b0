"""Which values may share storage: everything that really does is among them."""

import operator

import pytest
import torch

from fullgraph.program.aliasing import may_return_a_view, may_share_storage
from tests.program.sketch import Sketch, aten


@pytest.mark.parametrize(
    "target",
    [
        aten.view.default,
        aten.reshape.default,
        aten.contiguous.default,
        aten.dropout.default,
        aten.split.Tensor,
    ]
    + [aten.to.dtype, aten.unbind.int, operator.getitem, torch.ops.higher_order.cond],
)
def test_these_may_return_their_argument(target):
    assert may_return_a_view(target)


@pytest.mark.parametrize(
    "target", [aten.add.Tensor, aten.clone.default, aten.cat.default, aten.linear.default]
)
def test_these_return_fresh_memory(target):
    assert not may_return_a_view(target)


def test_sharing_goes_through_views_and_ends_at_arithmetic():
    x = torch.ones(4)
    sketch = Sketch(lambda x: None, (x,))
    node = sketch.user(0)
    halves = sketch.call(aten.split.Tensor, node, 2)
    half = sketch.call(operator.getitem, halves, 0)
    turned = sketch.call(aten.flip.default, half, [0])

    assert may_share_storage(sketch.graph, ["x"]) == {"x", halves.name, half.name}
    assert turned.name not in may_share_storage(sketch.graph, ["x"])
    assert may_share_storage(sketch.graph, []) == set()
