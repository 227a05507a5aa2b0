"""A refusal of narrowed dims names a spec that is accepted when it is pasted, and the program is right under it."""

import pytest
import torch

import fullgraph
from fullgraph import Dim, TensorSpec
from fullgraph.errors import Specialized

ones = torch.ones


def branch(x):
    return x.sin() if x.shape[0] > 5 else x.cos()


def two_branches(x, y):
    if x.shape[0] == 3:
        x = x + 1
    if y.shape[0] > 100:
        y = y + 1
    return x, y.view(-1, 4)


def three_way(x):
    n = x.shape[0]
    return x + 1 if n < 3 else x + 2 if n < 10 else x + 3


def nested(inputs):
    return inputs["a"][0] + inputs["b"]


CASES = {
    "branch": (branch, (ones(6),), {"x": "n"}),
    "unnamed": (branch, (ones(6),), {"x": {0: Dim.DYNAMIC}}),
    "several": (two_branches, (ones(4, 2), ones(8)), {"x": "a _", "y": "b"}),
    "several unnamed": (two_branches, (ones(4, 2), ones(8)), {"x": {0: Dim.DYNAMIC}, "y": Dim.DYNAMIC}),
    "equal": (lambda x, y: x + y, (ones(4, 2), ones(4, 2)), {"x": "a _", "y": "b _"}),
    "static": (lambda x, y: x + y, (ones(4, 2), ones(4, 2)), {"x": "a _"}),
    "divisible": (lambda x: x.view(-1, 4), (ones(8),), {"x": "n"}),
    "groups": (lambda x: x.view(x.shape[0] // 3, 3, *x.shape[1:]), (ones(6, 2, 2),), {"x": "t h w"}),
    "halves": (lambda x: x[::2] + x[1::2], (ones(6),), {"x": "n"}),
    "product": (lambda x: x.reshape(-1, 6), (ones(4, 3),), {"x": "a b"}),
    "range": (three_way, (ones(5),), {"x": "n"}),
    "declared range": (branch, (ones(6),), {"x": {0: Dim("n", min=2, max=64)}}),
    "values": (branch, (ones(6),), {"x": {0: Dim("n", values=[3, 6, 9])}}),
    "derived": (branch, (ones(6),), {"x": "2*n"}),
    "matmul": (lambda x, y: x @ y, (ones(2, 3), ones(3, 4)), {"x": "a b", "y": "c d"}),
    "concatenated": (
        lambda x, y, z: torch.cat([x, y]) + z,
        (ones(2), ones(3), ones(5)),
        {"x": "a", "y": "b", "z": "c"},
    ),
    "nested": (nested, ({"a": [ones(3, 2)], "b": ones(3, 2)},), {"inputs": {"a": "n _", "b": "m _"}}),
    "value": (lambda x: x * int(x.shape[0]) + len([0] * x.shape[0]), (ones(3),), {"x": "n"}),
    "auto beside": (lambda x, y: x.view(-1, 2) + y, (ones(4), ones(2)), {"x": "n", "y": "?"}),
    "truth value": (lambda x, up: x + 1 if up else x - 1, (ones(3), True), {"x": "n", "up": Dim.DYNAMIC}),
    "solved later": (
        lambda x: x.split(2)[1] * (1 if x.shape[0] in (2, 4, 8) else 0),
        (ones(4),),
        {"x": {0: Dim.DYNAMIC}},
    ),
    "remainders": (
        lambda x, y: x.sum() * (x.shape[0] % 3 == y.shape[0] % 3) + (2 if x.shape[0] == y.shape[0] else 3),
        (ones(8), ones(8)),
        {"x": "2*a", "y": "b"},
    ),
    "parts of a product": (
        lambda x: x.view(x.shape[0] // 2, 2, -1),
        (ones(6, 4),),
        {"x": (Dim("a", max=9), "b")},
    ),
    "narrowed through AUTO": (
        lambda x, y: (x.split(2)[1] if y.shape[0] != 5 else x, x[:, :1] + y[:, :1]),
        (ones(4, 2), ones(4, 2)),
        {"x": {0: Dim.AUTO}, "y": {0: Dim.DYNAMIC}},
    ),
    "integer": (lambda x, n: x[: n + 1] if n > 2 else x, (ones(9), 4), {"x": "m", "n": Dim.DYNAMIC}),
}


# The shapes of a `TensorSpec` stand beside what is pasted.
WITHOUT_EXAMPLES = {
    "divisible": (lambda x: x.view(2, -1), (TensorSpec("n"),)),
    "unnamed": (lambda x: x.view(2, -1), (TensorSpec((Dim.DYNAMIC,)),)),
    "one size": (torch.nn.Linear(3, 2), (TensorSpec((2, Dim("n", max=9))),)),
    "equal": (lambda x, y: x @ y, (TensorSpec("n"), TensorSpec("m"))),
    "equal and unnamed": (lambda x, y: x @ y, (TensorSpec((Dim.DYNAMIC,)), TensorSpec((Dim.DYNAMIC,)))),
    "all": (lambda x, y: (x.view(2, -1), y.view(3, -1), x @ y), (TensorSpec("n"), TensorSpec("m"))),
    "auto beside": (lambda x, y: (x.view(2, -1), x @ y), (TensorSpec("n"), TensorSpec("?"))),
}


@pytest.mark.parametrize("name", WITHOUT_EXAMPLES)
def test_what_an_operator_needs_of_a_tensor_spec_narrows_it(name):
    fn, args = WITHOUT_EXAMPLES[name]
    with pytest.raises(Specialized) as refused:
        fullgraph.export(fn, args)

    program = fullgraph.export(fn, args, **eval(f"dict({refused.value.instead})"))

    assert "(constraints)" in str(program.contract)


@pytest.mark.parametrize("name", CASES)
def test_the_advice_is_accepted(name):
    fn, args, shapes = CASES[name]
    with pytest.raises(Specialized) as refused:
        fullgraph.export(fn, args, dynamic_shapes=shapes)

    arguments = eval(f"dict({refused.value.instead})")
    program = fullgraph.export(fn, args, **arguments)

    torch.testing.assert_close(program(*args), fn(*args))
    assert set(arguments) <= {"dynamic_shapes", "constraints"}


def test_a_check_after_a_value_was_taken_as_fixed_allows_nothing():
    """`x[1]` demands two rows, but is reached only where the loop was unrolled for two."""

    def first_rows(x):
        return torch.stack([x[i] for i in range(min(x.shape[0], 2))])

    with pytest.raises(Specialized, match="n >= 2") as refused:
        fullgraph.export(first_rows, (torch.ones(4, 3),), dynamic_shapes={"x": "n _"})

    assert "range(min" in refused.value.where.text
    fullgraph.export(first_rows, (torch.ones(4, 3),), **eval(f"dict({refused.value.instead})"))
