"""Whatever arguments, parameters and dims are called, no two things of a program have one name."""

import enum

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import Dim
from fullgraph.errors import SpecError
from tests.support import assert_refused, assert_same

ones = torch.ones


class Letter(enum.Enum):
    """Keys of a dict whose texts are the texts of other keys."""

    A = 1


@pytest.mark.parametrize(
    "names", [("input", "input_1"), ("max", "max_1"), ("device", "inf"), ("s0", "u0"), ("self", "args")]
)
def test_arguments_called_like_names_of_python_and_of_the_graph(names):
    """The graph calls `input` `input_1`, which may be another argument; the one was taken for the other."""
    first, second = names
    fn = eval(f"lambda {first}, {second}: 2 * {first} + 10 * {second}")

    assert_same(
        fn, (ones(3), 5 * ones(3)), [(ones(4), 7 * ones(4))], dynamic_shapes=dict.fromkeys(names, "n")
    )
    assert_same(fn, (2, 3), [(5, 7)], dynamic_shapes=dict.fromkeys(names, Dim.DYNAMIC))


def test_arguments_whose_ways_read_alike():
    def nested(a, a_b):
        return a["b"].sum() + 2 * a_b.sum()

    def keyed(d):
        d["a.b"].add_(1)
        return d["a"]["b"] * 2, d["a.b"] + 0

    assert_same(
        nested,
        ({"b": ones(2)}, ones(3)),
        [({"b": ones(5)}, ones(7))],
        dynamic_shapes={"a": {"b": "x"}, "a_b": "y"},
    )
    program = assert_same(
        keyed, ({"a.b": ones(2), "a": {"b": ones(2)}},), [({"a.b": ones(2), "a": {"b": 3 * ones(2)}},)]
    )
    assert "d['a.b'] and d['a']['b'] share no memory" in str(program.contract)


@pytest.mark.parametrize("key", ["c*", "c\n", "'\"", "if", "1x", "é x", "[0]", ""])
def test_keys_that_are_no_identifiers(key):
    assert_same(
        lambda d: 2 * d[key],
        ({key: ones(3)},),
        [({key: ones(5)},)],
        dynamic_shapes={"d": {key: "n"}},
    )


def test_keys_with_one_text():
    """The contract could not tell them apart."""
    with pytest.raises(SpecError, match=r"Two arguments are called `d\['Letter.A'\]`"):
        fullgraph.export(lambda d: d[Letter.A] + d["Letter.A"], ({Letter.A: ones(3), "Letter.A": ones(3)},))


def test_parameters_whose_names_read_alike():
    class Alike(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(3, 3)
            self.a_weight = nn.Parameter(2 * ones(3, 3))
            self.odd = nn.ModuleDict({"b c": nn.Linear(3, 3), "1*": nn.Linear(3, 3)})

        def forward(self, x, p_a_weight):
            return self.odd["1*"](self.odd["b c"](self.a(x) @ self.a_weight)) + p_a_weight

    assert_same(Alike(), (ones(2, 3), ones(3)), [(ones(5, 3), ones(3))], dynamic_shapes={"x": "b _"})


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: x.nonzero().shape[0] + x.shape[0],
        lambda x: x.sum().item() + x.shape[0],
        lambda x: x[x > 0].view(2, -1) * x.shape[0],
    ],
)
def test_a_dim_called_like_what_only_the_run_tells(fn):
    """Sizes and numbers that come from contents are called u0, u1, ...: around the user's own names."""
    assert_same(fn, (ones(2),), [(ones(4),), (ones(0),)], dynamic_shapes={"x": "u0"})


def test_a_dim_and_a_size_from_contents_stay_apart():
    def checked(x):
        n = x.sum().int().item()
        torch._check(n == 2)
        return x * n

    assert_same(checked, (ones(2),), [(torch.tensor([1.0, 1.0, 0.0]),)], dynamic_shapes={"x": "u0"})


@pytest.mark.parametrize(
    "name", ["oo", "min", "math", "torch", "leaves", "fail", "v0", "a0", "n0_0", "é", "ﬁ"]
)
def test_dims_called_like_our_own_names(name):
    def fn(x, y):
        return x[: min(x.shape[0] // 2 + 1, y.shape[0])].sum() * round(x.shape[0] / 2)

    assert_same(
        fn,
        (ones(8), ones(17)),
        [(ones(n), ones(2 * n + 1)) for n in (0, 1, 7)],
        dynamic_shapes={"x": (Dim(name),), "y": f"2*{name}+1"},
        refused=[(ones(8), ones(16))],
    )


def test_advice_names_the_dims():
    error = assert_refused(lambda x: x.view(2, -1), (ones(4),), dynamic_shapes={"x": "u0"})

    assert error.instead == "dynamic_shapes={'x': 'u0'}, constraints=['u0 % 2 == 0']"
