"""Contracts of small programs, as a reader sees them: no line follows from others, none is in an odd form."""

import pytest
import torch
from torch.nn import functional

import fullgraph

ones = torch.ones


def checked(x):
    assert x.shape[0] % 2 == 0, "even"
    assert x.shape[0] < 100
    return x * 2


def stated(x):
    torch._check(x.shape[0] >= 3)
    torch._check_value(x.shape[0] != 5)
    torch._constrain_as_size(x.shape[0], 2, 9)
    return x * 2


CASES = {
    "index": (lambda x: x[3] + x[-2], (ones(8, 3),), "? _", ["x.shape[0] >= 4"]),
    "chunk": (lambda x: x.chunk(2), (ones(8, 3),), "? _", ["x.shape[0] != 1"]),
    "halves": (lambda x: torch.mul(*x.chunk(2)), (ones(8, 3),), "? _", ["x.shape[0] % 2 == 0"]),
    "split": (lambda x: x.split(3), (ones(8, 3),), "? _", ["x.shape[0] <= 9", "x.shape[0] >= 7"]),
    "slice": (lambda x: x[:, 2:-1] + x[:, 3:], (ones(3, 8),), "? ?", []),
    "convolution": (lambda x: functional.conv2d(x, ones(4, 3, 3, 3)), (ones(1, 3, 8, 9),), "? _ ? ?", []),
    "view": (lambda x: x.view(-1, 2, 3), (ones(6, 4),), "n _", []),
    "shuffle": (
        lambda x: functional.pixel_shuffle(x, 2),
        (ones(1, 8, 3, 3),),
        "? ? ? ?",
        ["x.shape[1] % 4 == 0"],
    ),
    "linear": (lambda x: functional.linear(x, ones(4, 3)), (ones(8, 3),), "? ?", ["x.shape[1] == 3"]),
    "squeeze": (lambda x: x.squeeze(0), (ones(8, 3),), "? ?", ["x.shape[0] != 1"]),
    "positions": (
        lambda x: ones(512, 4)[: x.shape[0]] + x,
        (ones(3, 4),),
        "? ?",
        ["x.shape[1] == 4", "x.shape[0] <= 512"],
    ),
    "loop": (lambda x: sum(x[i] for i in range(x.shape[0])), (ones(3, 4),), "? ?", ["x.shape[0] == 3"]),
    "assertions": (checked, (ones(4),), "batch", ["batch % 2 == 0", "batch <= 99"]),
    "checks": (stated, (ones(4),), "batch", ["batch >= 3", "batch != 5", "batch <= 9"]),
}


@pytest.mark.parametrize("name", CASES)
def test_lines(name):
    fn, args, spec, expected = CASES[name]
    if name == "view":
        with pytest.raises(fullgraph.errors.Specialized, match="n % 3 == 0"):
            fullgraph.export(fn, args, dynamic_shapes={"x": spec})
        return
    contract = fullgraph.export(fn, args, dynamic_shapes={"x": spec}).contract

    facts = [line for line in contract.assumptions if isinstance(line.fact, fullgraph.symbolic.Bool)]
    assert [contract.fact_text(line.fact) for line in facts] == expected
    assert all(line.origin.known for line in facts)


def test_a_stated_constraint_is_in_the_users_words():
    program = fullgraph.export(
        lambda x, y: (x + 1, y + 1), (ones(4), ones(3)), dynamic_shapes=("a", "b"), constraints=["a >= b"]
    )

    assert "a >= b  (constraints)" in program.contract.lines()


def test_checks_that_can_never_hold_are_refused():
    def program(x):
        torch._check(x.shape[0] < 3)
        torch._check(x.shape[0] > 5)
        return x

    for example in (ones(4), fullgraph.TensorSpec("a")):
        with pytest.raises(fullgraph.errors.Unsupported, match="(?s)can never hold.*a <= 2"):
            fullgraph.export(program, (example,), dynamic_shapes=("a",))


def test_a_check_that_the_example_fails_is_refused():
    def program(x):
        torch._check(x.shape[0] < 3)
        return x

    with pytest.raises(
        fullgraph.errors.Unsupported, match="only inputs with a <= 2, and the example is none"
    ):
        fullgraph.export(program, (ones(4),), dynamic_shapes=("a",))


def test_a_question_that_no_example_answers_names_the_dim():
    def program(x):
        return x.sin() if x.shape[0] > 5 else x.cos()

    with pytest.raises(
        fullgraph.errors.DataDependent, match="(?s)batch >= 6.*`batch`, which is x.shape.0., has no"
    ):
        fullgraph.export(program, (fullgraph.TensorSpec("batch 3"),))
