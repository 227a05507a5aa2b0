"""Further examples: positional arguments, or what differs by name; the rest is as in the arguments of `export`."""

import pytest
import torch
from torch import export as theirs

import fullgraph
from fullgraph.errors import SpecError
from fullgraph.tracing import bind_examples

ones = torch.ones


def program(x, y, /, *rest, scale=1.0, mask=None, **more):
    return x.sum() * scale


def bound(*examples, dynamic_shapes=None):
    found = bind_examples(program, (1, 2), {"scale": 3, "z": 4}, examples, dynamic_shapes)
    return [{leaf.path: leaf.value for leaf in inputs.leaves} for inputs in found]


@pytest.mark.parametrize(
    ("example", "values"),
    [
        ((5, 6), {"x": 5, "y": 6, "scale": 3, "mask": None, "z": 4}),
        ([5, 6, 7], {"x": 5, "y": 6, "rest.0": 7, "scale": 3, "mask": None, "z": 4}),
        ({"y": 6}, {"x": 1, "y": 6, "scale": 3, "mask": None, "z": 4}),
        ({"scale": 8, "mask": 9}, {"x": 1, "y": 2, "scale": 8, "mask": 9, "z": 4}),
        ({"z": 5}, {"x": 1, "y": 2, "scale": 3, "mask": None, "z": 5}),
        ({"rest": (7, 8)}, {"x": 1, "y": 2, "rest.0": 7, "rest.1": 8, "scale": 3, "mask": None, "z": 4}),
    ],
)
def test_what_an_example_leaves_out(example, values):
    assert bound(example) == [values]


def test_arguments_by_name_give_way_to_those_by_position():
    def add(x, y):
        return x + y

    exported = fullgraph.export(add, (ones(3),), {"y": ones(3)}, examples=[(ones(5), ones(5))])

    assert exported(ones(2), ones(2)).shape == (2,)


def test_additional_inputs_of_torch_are_examples():
    additional = theirs.AdditionalInputs()
    additional.add((5, 6))
    additional.add((5, 6), {"mask": 7})

    assert bound(dynamic_shapes=additional) == [
        {"x": 5, "y": 6, "scale": 1.0, "mask": None},
        {"x": 5, "y": 6, "scale": 1.0, "mask": 7},
    ]

    def add(x, y):
        return x + y

    of_add = theirs.AdditionalInputs()
    of_add.add((ones(5, 2),), {"y": ones(5, 2)})
    exported = fullgraph.export(add, (ones(3, 2), ones(3, 2)), dynamic_shapes=of_add)
    assert "y.shape[0] == x.shape[0]" in str(exported.contract)


@pytest.mark.parametrize(
    ("examples", "what"),
    [
        (3, "examples is of type int"),
        ({"x": 1}, "examples is of type dict"),
        (ones(3), "examples is of type Tensor"),
        ([ones(3)], "Example 2 is of type Tensor"),
        ([(1, 2), None], "Example 3 is None"),
        ([(1,)], "missing a required"),
    ],
)
def test_no_examples(examples, what):
    with pytest.raises(SpecError) as caught:
        bind_examples(program, (1, 2), {}, examples, None)
    assert what in caught.value.what
    assert caught.value.instead


def test_a_name_that_no_parameter_has():
    with pytest.raises(SpecError, match="'z', which is no parameter"):
        bind_examples(lambda x: x, (1,), {}, [{"z": 2}], None)
