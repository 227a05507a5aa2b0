"""State that calls make anew for their sizes is no obstacle; all that depends on more than that is refused."""

import pytest
import torch
from torch import nn

from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same

_SPEC = {"x": "rows columns"}
_MORE = [(torch.randn(rows, columns),) for rows, columns in ((1, 1), (5, 7), (5, 3), (2, 3), (0, 4), (3, 0))]


class Keeping(nn.Module):
    """Has state of each kind, and does what it is told."""

    def __init__(self, do):
        super().__init__()
        self.do = do
        self.size = None
        self.kept = None
        self.list = [torch.empty(0)]
        self.register_buffer("two", torch.tensor(2.0))
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.do(self, x)


def by_length(self, x):
    if self.size != x.shape[1]:
        self.size = x.shape[1]
        self.kept = torch.arange(self.size) * 2.0
    return x + self.kept


def by_shape(self, x):
    if self.list[0].shape != x.shape:
        self.list[0] = torch.ones(x.shape).cumsum(0)
    return x * self.list[0]


def by_multiple(self, x):
    if self.size != x.shape[1] * 2:
        self.size = x.shape[1] * 2
        self.kept = torch.arange(self.size).view(-1, 2).sum(1)
    return x + self.kept, self.size


def of_buffer(self, x):
    if self.kept is None or self.kept.shape[0] != x.shape[1]:
        self.kept = (torch.ones(x.shape[1]) * self.two).expand(3, -1).transpose(0, 1)
    return x @ self.kept


@pytest.mark.parametrize("do", [by_length, by_shape, by_multiple, of_buffer])
def test_what_is_made_of_sizes_is_made_anew(do):
    module = Keeping(do)
    before = dict(vars(module))

    assert_same(module, (torch.randn(2, 3),), _MORE, dynamic_shapes=_SPEC)

    assert vars(module) == before


def rotated(self, x):
    length = x.shape[1]
    if length != self.size:
        self.size = length
        angles = torch.outer(torch.arange(length).float(), 1 / (100 ** (torch.arange(0, 4, 2) / 4)))
        angles = torch.cat([angles, angles], -1)
        self.list[:] = [angles.cos()[None, :, None], angles.sin()[None, :, None]]
    turned = torch.cat([-x[..., 2:], x[..., :2]], -1)
    return x * self.list[0] + turned * self.list[1]


def test_rotary_embeddings_of_the_last_length():
    more = [(torch.randn(batch, length, 2, 4),) for batch, length in ((1, 1), (5, 7), (2, 0))]
    assert_same(Keeping(rotated), (torch.randn(2, 3, 2, 4),), more, dynamic_shapes={"x": "batch length _ _"})


def of_another_size(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.ones(x.shape[1]) * x.shape[0]
    return x + self.kept


def of_contents(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], x.sum(0)
    return x + self.kept


def of_parameter(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.ones(x.shape[1]) * self.weight
    return x + self.kept


def of_written_buffer(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.ones(x.shape[1]) * self.two
    self.two += 1
    return x + self.kept


def of_chance(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.rand(x.shape[1])
    return x + self.kept


def of_the_longest(self, x):
    if self.size is None or self.size < x.shape[1]:
        self.size = x.shape[1]
        self.kept = torch.arange(self.size) / self.size
    return x + self.kept[: x.shape[1]]


def counted(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.zeros(x.shape[1])
    self.kept = self.kept + 1
    return x + self.kept


def written(self, x):
    if self.size != x.shape[1]:
        self.size, self.kept = x.shape[1], torch.zeros(x.shape[1])
    result = x + self.kept
    self.kept.add_(1)
    return result


def otherwise_at_first(self, x):
    if self.size != x.shape[1]:
        make = torch.ones if self.size is None else torch.zeros
        self.size, self.kept = x.shape[1], make(x.shape[1])
    return x + self.kept


def of_the_last_call(self, x):
    before, self.size = self.size, x.shape[1]
    return x + (1 if before == x.shape[1] else 2)


_READ = [
    of_another_size,
    of_contents,
    of_parameter,
    of_written_buffer,
    of_chance,
    of_the_longest,
    counted,
    written,
    otherwise_at_first,
    of_the_last_call,
]


@pytest.mark.parametrize("do", _READ)
def test_what_an_earlier_call_leaves_is_refused(do):
    assert_refused(Keeping(do), (torch.randn(2, 3),), kind=Unsupported, dynamic_shapes=_SPEC)
