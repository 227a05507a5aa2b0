from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch

from fullgraph.testing import Call, as_call, differences

Pair = namedtuple("Pair", "a b")


@dataclass
class Box:
    value: object


class Opaque:
    pass


NAN = float("nan")
ONES = torch.ones(2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONES, torch.ones(2)),
        (torch.tensor([NAN]), torch.tensor([NAN])),
        (torch.nn.Parameter(torch.ones(2)), ONES),
        (NAN, NAN),
        (0.1 + 0.2, 0.3),
        ([1, (2, {"a": ONES})], [1, (2, {"a": ONES})]),
        (Pair(1, ONES), Pair(1, ONES)),
        (Box([ONES]), Box([ONES])),
        (Opaque(), Opaque()),
        (None, None),
        (torch.Size([1, 2]), torch.Size([1, 2])),
    ],
)
def test_equal(one, other):
    assert not differences(one, other)


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        (ONES, torch.zeros(2), "output"),
        (ONES, torch.ones(2, 1), "output"),
        (ONES, torch.ones(2, dtype=torch.float64), "output"),
        (ONES, torch.ones(2, device="meta"), "output"),
        (ONES, 1.0, "output"),
        (1, True, "output"),
        (1, 2, "output"),
        (0.5, 0.6, "output"),
        ([1], (1,), "output"),
        ([1], [1, 2], "output"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "output"),
        ([1, [2]], [1, [3]], "output[1][0]"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "output['a']['b']"),
        (Pair(1, 2), Pair(1, 3), "output.b"),
        (Box(1), Box(2), "output.value"),
        (OrderedDict(a=1), {"a": 1}, "output"),
        (Opaque(), Box(1), "output"),
    ],
)
def test_different(one, other, place):
    (found,) = differences(one, other)

    assert found.place == place
    assert str(found).startswith(f"{place}:\n    eager:   ")


def test_every_place_is_said():
    assert [each.place for each in differences([1, 2, 3], [1, 0, 0])] == ["output[1]", "output[2]"]


def test_tensors_say_how_far_they_are_apart():
    (found,) = differences(ONES, torch.zeros(2))

    assert found.expected == "tensor([1., 1.])"
    assert "Greatest absolute difference: 1.0" in found.detail


def test_large_values_are_not_printed_whole():
    (found,) = differences(torch.ones(99), torch.zeros(99))

    assert found.expected == "Tensor float32[99] on cpu"


def test_an_input_is_a_tuple_a_dict_or_a_call():
    example = Call((1,), {"y": 2})

    assert as_call((3,), example) == Call((3,), {"y": 2})
    assert as_call({"y": 3}, example) == Call((1,), {"y": 3})
    with pytest.raises(TypeError, match="not list"):
        as_call([3], example)


def test_copies_share_nothing_with_the_call_and_among_them_what_is_shared_in_it():
    x = torch.ones(4)
    copied = Call((x, x[:2])).copied()
    copied.args[0].zero_()

    assert torch.equal(x, torch.ones(4))
    assert torch.equal(copied.args[1], torch.zeros(2))
