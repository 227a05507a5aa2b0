"""The class of a size, and of what is computed from sizes: as in eager, whoever asks, but for PyTorch's own code."""

from __future__ import annotations

import builtins
import copy
import fractions
import numbers
import typing

import pytest
import torch

from fullgraph import Dim, export
from tests.support import assert_same

X = torch.rand(3, 4)
SPEC = {"x": (Dim.AUTO, Dim.AUTO)}


def _pair(n):
    return (n, n) if isinstance(n, int) else n


def _pooled(x):
    size = _pair(x.shape[0] * 2)
    return x.new_zeros(size), _pair((x.shape[1], 1))[0] * x


@pytest.mark.parametrize(
    "question",
    [
        lambda n: isinstance(n, int),
        lambda n: isinstance(n * 2 + 1, (str, int)),
        lambda n: isinstance(n, int | str),
        lambda n: isinstance(n, numbers.Integral),
        lambda n: isinstance(n, float),
        lambda n: isinstance(n / 2, float),
        lambda n: isinstance(n / 2, int),
        lambda n: isinstance(n > 2, bool),
        lambda n: isinstance(n > 2, int),
        lambda n: isinstance(n, (tuple, list, torch.Tensor, str)),
        lambda n: isinstance(torch.Size([n]), tuple),
        lambda n: n.__class__ is int,
        lambda n: (n / 2).__class__ in (float, str),
        lambda n: (n > 2).__class__.__name__ == "bool",
        lambda n: issubclass(n.__class__, int),
        lambda n: n.__class__(2.5) == 2,
        lambda n: isinstance(n, typing.SupportsIndex),
        lambda n: isinstance(fractions.Fraction(n, 2), numbers.Rational),
        lambda n: isinstance(copy.deepcopy([n])[0], int),
    ],
)
def test_isinstance_is_as_in_eager(question):
    """Both for the class it has in eager and for others."""
    assert_same(
        lambda x: x + 1 if question(x.shape[0]) else x * 2, (X,), [(torch.rand(2, 1),)], dynamic_shapes=SPEC
    )


def _named(value):
    match value:
        case bool():
            return 1.0
        case int() | str():
            return 2.0
        case float(number) if number >= 0:
            return 3.0
        case [int(first), *_]:
            return 4.0 + first
    return 9.0


def test_patterns_of_classes():
    """`case int():` goes by what an object says of itself."""
    assert_same(
        lambda x: (x * _named(x.shape[0]), x * _named(x.shape[0] / 2), x * _named(list(x.shape))),
        (X,),
        [(torch.rand(2, 1),)],
        dynamic_shapes={"x": (Dim.DYNAMIC, Dim.DYNAMIC)},
    )


def test_pytorchs_own_code_knows_better():
    """What PyTorch asks is answered with the true class."""

    def program(x):
        return x + 1, torch.fx.experimental.symbolic_shapes.is_concrete_int(x.shape[0])

    assert not export(program, (X,), dynamic_shapes=SPEC)(X)[1]
    assert "__class__" not in vars(torch.SymInt)


TABLE = {int: 1.0, float: 2.0}


class Meta(type):
    pass


class OfMeta(metaclass=Meta):
    pass


def _made_here():
    class Inner(type):
        pass

    class OfInner(metaclass=Inner):
        pass

    return type(OfInner) is Inner and isinstance(OfInner, type) and type("C", (), {"a": 3}).a == 3


@pytest.mark.parametrize(
    "question",
    [
        lambda x: type(x.shape[0]) is int,
        lambda x: type(x.shape[0]) in (float, bool),
        lambda x: type(x.shape[0] / 2) is float,
        lambda x: type(x.shape[0] > 2) is bool,
        lambda x: TABLE[type(x.shape[0])] == 1.0,
        lambda x: issubclass(type(x.shape[0]), int),
        lambda x: type(x.shape[0]).__name__ == "int",
        lambda x: type(x) is torch.Tensor and type(x + 1) is torch.Tensor,
        lambda x: type(x.shape) is torch.Size,
        lambda x: type(OfMeta) is Meta and type(int) is type and isinstance(int, type),
        lambda x: not isinstance(OfMeta(), type) and issubclass(Meta, type) and type[int] is not None,
        lambda x: _made_here(),
    ],
)
def test_type_is_as_in_eager(question):
    """Of sizes and tensors Python's and PyTorch's class; of all else, and as a class itself, what it always is."""
    assert_same(lambda x: x + 1 if question(x) else x * 2, (X,), [(torch.rand(2, 1),)], dynamic_shapes=SPEC)
    assert "type" not in globals()


def test_a_number_or_a_pair():
    """The idiom that it is about."""
    assert_same(_pooled, (X,), [(torch.rand(1, 1),), (torch.rand(0, 7),)], dynamic_shapes=SPEC)


def test_torchs_own_modules_ask_too():
    """Options of a loss insist on an `int`, which they compute from a size."""

    def program(x, weight, target):
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2)
        return torch.nn.functional.linear_cross_entropy(x, weight, target, options=options)

    call = torch.rand(8, 3), torch.rand(4, 3), torch.randint(4, (8,))
    other = torch.rand(2, 3), torch.rand(4, 3), torch.randint(4, (2,))
    assert_same(program, call, [other], dynamic_shapes={"x": "n _", "weight": None, "target": "n"})


def test_nothing_stays_behind():
    """Modules have no `type` of their own afterwards, and classes no property."""
    assert_same(_pooled, (X,), dynamic_shapes=SPEC)
    assert "type" not in globals()
    assert type is builtins.type
    assert not any("__class__" in vars(kind) for kind in (torch.SymInt, torch.SymFloat, torch.SymBool))
