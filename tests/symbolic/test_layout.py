"""Layouts: the conditions say what PyTorch says of real strides."""

import itertools

import pytest
import torch

from fullgraph.symbolic import integer, layout

SIZES = (0, 1, 2, 3)


def layouts() -> list[torch.Tensor]:
    """Small tensors of four axes in every order of axes, sliced, and expanded."""
    tensors = []
    for sizes in itertools.product((0, 1, 3), (1, 2), (1, 3), (2,)):
        base = torch.empty(sizes)
        tensors += [base.permute(order) for order in itertools.permutations(range(4))]
        tensors += [base[..., :1], base[:, :1], base.to(memory_format=torch.channels_last)]
        tensors += [base[:, :1].expand(-1, 2, -1, -1)]
    return tensors


def value(rule: layout.Rule, x: torch.Tensor) -> bool | None:
    """Evaluate a rule on the sizes and strides of a tensor."""
    return rule([*map(integer, x.shape)], [*map(integer, x.stride())]).value


@pytest.mark.parametrize("x", layouts(), ids=lambda x: f"{list(x.shape)}@{list(x.stride())}")
def test_rules_agree_with_torch(x: torch.Tensor):
    """Contiguity, channels-last order and density are as PyTorch computes them."""
    dense = layout.is_dense(
        [*map(integer, x.shape)], [*map(integer, x.stride())], lambda a, b: a.value <= b.value
    ).value

    assert value(layout.is_contiguous, x) == x.is_contiguous()
    assert value(layout.is_channels_last_contiguous_2d, x) == x.is_contiguous(
        memory_format=torch.channels_last
    )
    assert dense == torch.ops.aten.is_non_overlapping_and_dense.default(x)


def test_ranks_that_have_no_such_layout():
    """Channels-last layouts are of four or five axes only."""
    x = torch.empty(2, 3)

    assert value(layout.is_channels_last_contiguous_2d, x) is False
    assert value(layout.is_channels_last_contiguous_3d, x) is False
    assert value(layout.is_channels_last_strides_2d, x) is False
