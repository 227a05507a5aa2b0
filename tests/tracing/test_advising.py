"""The spec that a refusal advises: it was tried, and all that it takes is named with it."""

from __future__ import annotations

import time

import torch

import fullgraph
from fullgraph import Dim, Specialized, Unsupported
from fullgraph.errors import Advice
from fullgraph.tracing import tried
from tests.support import assert_refused, counted_traces

DYNAMIC = {"x": {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}}


def accepted(program, args, error):
    """Export with the spec of an error, pasted."""
    (advice,) = error.advices
    assert error.instead == str(advice)
    return fullgraph.export(program, args, **eval(f"dict({error.instead})"))  # noqa: S307


def test_what_comes_to_light_once_the_first_is_stated_is_named_with_it():
    def program(x):
        if x.shape[0] % 2:
            x = x[1:] + 1
        half = x.shape[0] // 2
        if half > 3 and x.shape[1] > half:
            x = x * 2
        return x.reshape(2, half, -1)

    args = (torch.randn(4, 3),)
    error = assert_refused(program, args, dynamic_shapes=DYNAMIC, kind=Specialized)

    exported = accepted(program, args, error)
    assert torch.equal(exported(*args), program(*args))
    assert {part.instead for part in error.parts} == {error.instead}


def test_a_spec_that_leads_to_a_further_refusal_is_mended():
    """With `s0 < s0*s1` stated, the assertion is taken for what it follows from, and was refused in its turn."""

    def program(x):
        assert 4 <= x.shape[1] * 2 < 5
        if x.numel() <= x.shape[0]:
            return x[:, :1]
        return x * 2

    args = (torch.randn(3, 2),)
    error = assert_refused(program, args, dynamic_shapes=DYNAMIC, kind=Specialized)

    exported = accepted(program, args, error)
    assert torch.equal(exported(torch.ones(5, 2)), program(torch.ones(5, 2)))


def test_sizes_are_fixed_where_no_other_spec_is_accepted():
    """Each size that is left out leads to the next one; in the end the spec has the example's."""

    def program(x):
        n = x.shape[0]
        scale = 1
        for left_out in range(20, 4, -1):
            if len(str(n)) == left_out:  # the text is asked for anew under each spec
                scale += 1
        return x * scale

    args = (torch.randn(4, 3),)
    error = assert_refused(program, args, dynamic_shapes=DYNAMIC, kind=Specialized)

    assert error.instead == "dynamic_shapes={'x': '4 s1'}"
    assert accepted(program, args, error)(*args).shape == (4, 3)


def test_what_no_spec_helps_against_is_said():
    def program(x):
        if x.shape[0] == 1:
            return x + time.time()
        if x.shape[0] == 4:
            return x * time.time()
        return x * 2

    error = assert_refused(program, (torch.randn(4, 3),), dynamic_shapes=DYNAMIC)

    assert "time.time" in error.render()


def test_a_program_that_is_captured_is_not_tried_again():
    with counted_traces() as tracing:
        fullgraph.export(torch.neg, (torch.randn(4, 3),), dynamic_shapes=("a b",))

    assert tracing.call_count == 1


def test_what_is_in_the_way_of_every_spec_is_said():
    refusal = Specialized("It narrows `n`.", why="n >= 2")
    refusal.advices = (Advice({"x": "n"}, ("n >= 2",)), Advice({"x": "4"}))
    tried_specs = []

    def capture(advice):
        tried_specs.append(str(advice))
        raise Unsupported("It calls `time.time`.")

    said = tried(refusal, capture)

    assert tried_specs == ["dynamic_shapes={'x': 'n'}, constraints=['n >= 2']", "dynamic_shapes={'x': '4'}"]
    assert said.instead == "dynamic_shapes={'x': '4'}; then this is in the way: It calls `time.time`."
    assert said.advices == ()


def test_a_place_in_a_cache_is_said_in_short():
    """What narrows are minima and maxima of where slices begin and end, from the front and from the back."""

    def program(x, table, start):
        rows = table[start : start + x.shape[0]]
        return x * rows

    args = torch.randn(3, 2), torch.randn(64, 2), 5
    shapes = {"x": "n _", "start": "p"}
    error = assert_refused(program, args, dynamic_shapes=shapes, kind=Specialized)

    assert error.instead == (
        "dynamic_shapes={'x': 'n _', 'start': 'p'}, constraints=['n + p <= 64', 'p >= 0']"
    )
    exported = accepted(program, args, error)
    for n, start in ((0, 3), (1, 0), (7, 57), (64, 0)):
        x = torch.randn(n, 2)
        assert torch.equal(exported(x, args[1], start), program(x, args[1], start))
