"""What a program makes at its first call and keeps: no obstacle where the second call finds what the graph computes."""

import functools

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same


class Lazy(nn.Module):
    """Makes at its first call what depends on nothing but the program."""

    def __init__(self):
        super().__init__()
        self.mask = None
        self.kept = {}

    def positions(self, count):
        if count not in self.kept:
            self.kept[count] = torch.arange(count) * torch.tensor(0.5)
        return self.kept[count]

    def forward(self, x):
        if self.mask is None:
            self.mask = torch.ones(3, 3).tril() * torch.tensor([1.0, 2.0, 4.0])
        if not hasattr(self, "scale"):
            self.register_buffer("scale", torch.full((3,), 2.0), persistent=False)
        return x @ self.mask + self.positions(3) * self.scale


def test_tensors_made_at_the_first_call_are_no_obstacle():
    module = Lazy()

    program = assert_same(
        module,
        (torch.randn(4, 3),),
        [(torch.randn(0, 3),), (torch.randn(2, 3),)],
        dynamic_shapes={"x": "n _"},
    )

    assert module.mask is None
    assert module.kept == {}
    assert not hasattr(module, "scale")
    for _ in range(2):
        torch.testing.assert_close(program(torch.ones(2, 3)), module(torch.ones(2, 3)))


class Differing(nn.Module):
    """Does something else at the second call, by what the first one left."""

    def __init__(self, make, then=lambda x, kept: x * kept):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.make, self.then = make, then
        self.kept = None

    def forward(self, x):
        if self.kept is None:
            self.kept = self.make(self, x)
        return self.then(x, self.kept)


@pytest.mark.parametrize(
    "module",
    [
        Differing(lambda module, x: module.weight * 2),
        Differing(lambda module, x: x.sum(0)),
        Differing(lambda module, x: torch.ones(x.shape[0], 1)),
        Differing(lambda module, x: torch.rand(3)),
        Differing(lambda module, x: torch.zeros(3), lambda x, kept: x * kept.add_(1)),
    ],
)
def test_tensors_that_the_second_call_would_find_changed_are_refused(module):
    with pytest.raises(Unsupported, match="kept"):
        fullgraph.export(module, (torch.randn(4, 3),), dynamic_shapes={"x": "n _"})


class Caching:
    """Keeps results under its methods, however they are called."""

    @staticmethod
    @functools.lru_cache(None)
    def static(n):
        return torch.ones(n)

    @classmethod
    @functools.cache
    def of_class(cls, n):
        return torch.ones(n)

    @property
    @functools.cache  # noqa: B019  (what is tested)
    def of_object(self):
        return torch.ones(3)


class WithCaches(nn.Module):
    def __init__(self):
        super().__init__()
        self.caching = Caching()

    def forward(self, x):
        return x + self.caching.static(3) + self.caching.of_class(3) + self.caching.of_object


def test_no_traced_tensor_stays_in_the_cache_of_a_method():
    module = WithCaches()
    for _ in range(2):
        fullgraph.export(module, (torch.randn(4, 3),))

    torch.testing.assert_close(module(torch.zeros(1, 3)), torch.full((1, 3), 3.0))


def _longest(self, x):
    if self.kept is None or self.kept < x.shape[0]:
        self.kept = x.shape[0]
    return x * self.kept


def _first_size(self, x):
    if self.kept is None:
        self.kept = float(x.shape[0])
    return x / self.kept


def _first_shape(self, x):
    if self.kept is None:
        self.kept = x.shape
    return x.reshape(self.kept) + 0


def _demanded(self, x):
    if self.kept is None:
        self.kept = x.shape[0]
    assert self.kept == x.shape[0]
    return x * 2


def _size_of_a_tensor(self, x):
    if self.kept is None or self.kept.shape[0] < x.shape[0]:
        self.kept = torch.zeros(x.shape[0])
    return x * self.kept.shape[0]


def _in_a_dict(self, x):
    self.sizes.setdefault("first", x.shape[0])
    return x * self.sizes["first"]


@pytest.mark.parametrize(
    "forward", [_longest, _first_size, _first_shape, _demanded, _size_of_a_tensor, _in_a_dict]
)
def test_sizes_of_an_earlier_call_are_not_taken_for_those_of_this_one(forward):
    """They were: the second call of the trace has the sizes of the first."""

    class Keeping(nn.Module):
        def __init__(self):
            super().__init__()
            self.kept, self.sizes = None, {}

    Keeping.forward = forward

    assert_refused(Keeping(), (torch.randn(4),), dynamic_shapes={"x": "n"}, kind=Unsupported)
