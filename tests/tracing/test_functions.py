"""Sizes as dict keys, in sets and in text are asked for their value: a line of the contract, or a refusal."""

import decimal
import json
import logging
import pprint
import string

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.errors import Unsupported
from tests.support import assert_refused, assert_same

TABLE = {4: 1.5, 5: 2.5}


def looked_up(x):
    return x * TABLE.get(x.shape[0], 1.0)


def in_a_set(x):
    return x + 1 if x.shape[0] in {4, 5} else x


def whole_shape(x):
    return x * {x.shape: 3}[x.shape]


def as_key_of_the_output(x):
    return {x.shape[0]: x, (x.shape, 1): x + 1}


def in_a_set_of_the_output(x):
    return x, {x.shape[0], 2 * x.shape[0]}


def hashed(x):
    return x + hash(x.shape[0]) + hash(x.shape[0] / 2)


def in_text(x):
    return {f"layer{x.shape[0]}": x}


def as_json(x):
    return {json.dumps({"rows": x.shape[0], "half": x.shape[0] / 2, "long": x.shape[0] > 3}): x}


def in_text_by_the_standard_library(x):
    return {pprint.pformat([x.shape[0]]): x, string.Template("$n rows").substitute(n=x.shape[0]): x}


def counted(x):
    seen = {}
    for size in (x.shape[0], 4, x.shape[0]):
        seen[size] = seen.get(size, 0) + 1
    return x * seen[4]


FUNCTIONS = [
    looked_up,
    in_a_set,
    whole_shape,
    as_key_of_the_output,
    in_a_set_of_the_output,
    hashed,
    in_text,
    as_json,
    in_text_by_the_standard_library,
    counted,
]


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
def test_under_auto_it_is_a_line_of_the_contract(fn):
    program = assert_same(
        fn,
        (torch.ones(4),),
        dynamic_shapes={"x": {0: Dim.AUTO}},
        refused=[(torch.ones(5),), (torch.ones(0),)],
    )

    assert "x.shape[0] == 4  (test_functions.py:" in str(program.contract)


@pytest.mark.parametrize("fn", FUNCTIONS, ids=lambda fn: fn.__name__)
def test_a_dim_declared_dynamic_is_refused_with_advice(fn):
    error = assert_refused(fn, (torch.ones(4),), dynamic_shapes={"x": {0: Dim.DYNAMIC}})
    assert error.where is not None

    assert error.instead == "dynamic_shapes={'x': '4'}"


def test_a_condition_as_a_key_is_a_branch():
    def fn(x):
        return x * {True: 1, False: 2}[x.shape[0] > 3]

    assert_same(
        fn,
        (torch.ones(4),),
        [(torch.ones(9),)],
        dynamic_shapes={"x": {0: Dim.AUTO}},
        refused=[(torch.ones(3),)],
    )


def test_hashes_are_torchs_own_after_the_export():
    """What stands in for `torch.SymInt.__hash__` fails loudly when torch moves it, and is taken away."""
    before = [cls.__dict__["__hash__"].__code__ for cls in (torch.SymInt, torch.SymFloat, torch.SymBool)]
    fullgraph.export(looked_up, (torch.ones(4),), dynamic_shapes={"x": {0: Dim.AUTO}})

    assert [
        cls.__dict__["__hash__"].__code__ for cls in (torch.SymInt, torch.SymFloat, torch.SymBool)
    ] == before


def test_a_message_needs_no_value():
    def program(x):
        logging.getLogger(__name__).warning("%s rows", x.shape[0])
        return x + 1

    assert_same(program, (torch.ones(4),), [(torch.ones(0),)], dynamic_shapes={"x": "n"})


def test_what_takes_plain_numbers_only_is_refused():
    """What Python says of it names a class that eager does not know; the user is told of the size."""
    assert_refused(
        lambda x: x * float(decimal.Decimal(x.shape[0])),
        (torch.ones(4),),
        kind=Unsupported,
        line="decimal.Decimal(x.shape[0])",
        dynamic_shapes={"x": "n"},
        text="""what: A function takes plain numbers only, and met one that is computed from dynamic sizes or inputs: \
conversion from SymInt to Decimal is not supported.
why: It is not Python's or PyTorch's arithmetic, so the graph cannot compute it at each run.
instead: Compute it with Python's operators, `math` or tensors, or make the sizes that it comes from static.
see: fullgraph db show f_string_of_size""",
    )


def test_it_says_nothing_of_the_sizes_of_a_branch():
    """Eager takes the other side for all its sizes, so they are not turned away."""

    def program(x):
        return x * float(decimal.Decimal(x.shape[0])) if x.shape[0] > 4 else x

    assert_refused(program, (torch.ones(4),), line="x.shape[0] > 4", dynamic_shapes={"x": "n"})
