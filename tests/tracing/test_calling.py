"""calling.py, returning.py, mismatch.py: from the arguments of a call to leaves, and from values to what it sees."""

import collections
import dataclasses
import types
from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from transformers import DynamicCache

from fullgraph.errors import ContractError
from fullgraph.tracing.calling import compile_bind
from fullgraph.tracing.inputs import bind
from fullgraph.tracing.returning import compile_output, compile_state, write_state
from fullgraph.tracing.tree import flatten
from tests.tracing.strategies import values

T, U = torch.ones(2), torch.zeros(2)


class Point(NamedTuple):
    x: object
    y: object


@dataclasses.dataclass
class Options:
    scale: object
    names: list


class Bag(dict):
    pass


def binder(fn, *args, **kwargs):
    return compile_bind(bind(fn, args, kwargs))


def test_leaves_come_in_order():
    """By position, by name, with defaults: always the order of the signature."""

    def f(a, b=2, /, c=3, *rest, d, e=5, **more):
        return a

    bound = binder(f, 1, 2, 3, [4], d=4, x={"y": 6})

    assert bound(10, 20, 30, [40], d=50, x={"y": 60}) == [10, 20, 30, 40, 50, 5, 60]


def test_the_function_has_the_programs_signature():
    """Wrong arguments raise the TypeError that the program itself would."""

    class Model(torch.nn.Module):
        def forward(self, x, *, flag=True):
            return x

    bound = binder(Model(), T)

    with pytest.raises(TypeError, match=r"Model.forward\(\) missing 1 required positional argument: 'x'"):
        bound()
    with pytest.raises(TypeError, match=r"forward\(\) got an unexpected keyword argument 'z'"):
        bound(T, z=1)
    assert bound(T, flag=False) == [T, False]


def test_parameters_may_have_the_names_that_the_text_uses():
    """The text takes names that no parameter begins with."""

    def f(_k0, _1, __k0, *_function):
        return _k0

    assert binder(f, [1], [2], 3, (4,))([10], [20], 30, (40,)) == [10, 20, 30, 40]


@pytest.mark.parametrize(
    "value",
    [
        [1, [2]],
        (1, (2,)),
        {"a": 1, 2: {"b": 3}},
        Point(1, [2]),
        collections.OrderedDict(a=1, b=[2]),
        collections.defaultdict(int, a=1),
        collections.deque([1, [2]], maxlen=5),
        Options(1, ["a"]),
        {1, 2},
        slice(1, None),
        torch.Size([2, 3]),
        Bag(a=1),
        torch.max(torch.ones(2, 2), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_container_is_taken_apart(value):
    """The generated function finds the leaves that `flatten` found."""
    assert binder(lambda x: x, value)(value) == flatten(value).leaves


@given(values)
def test_generated_functions_agree_with_trees(value):
    """For any nesting: the leaves are those of `flatten`, and the output made from them is the value."""
    flat = flatten(value)

    assert binder(lambda x: x, value)(value) == flat.leaves
    assert compile_output(flat.tree)(flat.leaves) == value


@given(values, values)
def test_a_call_is_accepted_when_the_structure_is_the_same(example, value):
    """And refused, never misread, when it is not."""
    example, value = [example], [value]
    bound = binder(lambda x: x, example)
    if repr(flatten(example).tree) == repr(flatten(value).tree):
        assert bound(value) == flatten(value).leaves
    else:
        try:
            assert len(bound(value)) == len(
                flatten(example).leaves
            )  # a container where a leaf was: the check's affair
        except ContractError:
            pass


MISMATCHES = [
    ([T], None, "Input `x` is None; a `list` of 1 was expected."),
    ([T], (T,), "Input `x` is a `tuple` of 1; a `list` of 1 was expected."),
    ([T], [T, T], "Input `x` has 2 elements; 1 were expected."),
    ({"a": [T]}, {"b": [T]}, "Input `x` lacks the keys `a`."),
    ({"a": T}, {"a": T, "b": T}, "Input `x` has the unexpected keys `b`."),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "Input `x` has its keys in another order"),
    ({1: T}, {True: T}, "Input `x` has the keys `True` of other types"),
    ({"a": {"b": [T]}}, {"a": {"b": []}}, "Input `x.a.b` has 0 elements; 1 were expected."),
    ({1, 2}, {1, 3}, "Input `x` is {1, 3}; {1, 2} was expected."),
    ({1}, {True}, "Input `x` is {True}; {1} was expected."),
    (collections.deque([T], 3), collections.deque([T], 4), "Input `x` was made with 4; 3 was expected."),
    (Point(T, [T]), (T, [T]), "Input `x` is a `tuple` of 2; a `Point` of 2 was expected."),
    (Options(T, []), Options(T, [1]), "Input `x.names` has 1 elements; 0 were expected."),
]


@pytest.mark.parametrize(("example", "value", "message"), MISMATCHES)
def test_another_structure_is_refused_by_name(example, value, message):
    """The error names the input, what came and what was expected."""
    with pytest.raises(ContractError) as caught:
        binder(lambda x: x, example)(value)

    assert message in str(caught.value)


def test_attributes_that_are_missing_or_too_many_are_named():
    """For objects as for dicts."""
    example, more, fewer = Options(T, []), Options(T, []), Options(T, [])
    more.extra = 1
    del fewer.scale

    with pytest.raises(ContractError, match="unexpected attributes `extra`"):
        binder(lambda x: x, example)(more)
    with pytest.raises(ContractError, match="lacks the attributes `scale`"):
        binder(lambda x: x, example)(fewer)


def test_the_order_of_attributes_does_not_matter():
    """Programs reach them by name."""
    other = object.__new__(Options)
    other.names, other.scale = [], U

    assert binder(lambda x: x, Options(T, []))(other) == [U]


def test_sharing_is_part_of_the_structure():
    """One container for two arguments, or two for one, is another program."""
    one, two = [T], [T]

    with pytest.raises(ContractError, match="`y` is another object than `x`; in the example they were one"):
        binder(lambda x, y: x, one, one)(one, two)
    with pytest.raises(ContractError, match="`y` is the same object as `x`; in the example they were two"):
        binder(lambda x, y: x, one, two)(one, one)
    assert compile_bind(bind(lambda x, y: x, (one, two), {}), distinct=False)(one, one) == [T, T]


def test_unexpected_keywords_are_named():
    """`**kwargs` is as long as in the example."""
    with pytest.raises(ContractError, match="unexpected keys `b`"):
        binder(lambda **options: options, a=1)(a=1, b=2)


def test_outputs_are_rebuilt():
    """New containers in each call, of the same classes."""
    value = {
        "a": [T, (1, Point(T, 2))],
        "b": collections.OrderedDict(c=T),
        "d": Options(T, []),
        "e": torch.Size([2]),
    }
    flat = flatten(value)
    build = compile_output(flat.tree)
    first, second = build(flat.leaves), build(flat.leaves)

    assert first == value
    assert first["d"].names is not second["d"].names
    assert type(first["e"]) is torch.Size


def test_an_output_that_shares_is_rebuilt_sharing():
    """The same container twice is the same container twice."""
    shared = [T]
    flat = flatten((shared, shared))
    first, second = compile_output(flat.tree)([U])

    assert first is second


def decode(x, cache):
    cache.update(x, x, 0)
    return x, cache


def filled(length):
    cache = DynamicCache()
    for layer in range(2):
        cache.update(torch.ones(1, 2, length, 4), torch.ones(1, 2, length, 4), layer)
    return cache


def test_a_cache_is_updated_in_place_and_given_back():
    """A transformers cache, with nothing registered: the caller's own object comes out, with the new tensors."""
    x, theirs = torch.ones(1, 2, 1, 4), filled(5)
    inputs = bind(decode, (x, filled(3)), {})
    result, rebuilt = inputs.call(decode, [leaf.value for leaf in inputs.leaves])
    state, flat = rebuilt.state(), rebuilt.flatten_output(result)
    bound = compile_bind(inputs, containers=True)

    leaves, containers = bound(x, theirs)
    compile_state(state.tree)(state.leaves, containers)
    output = compile_output(flat.tree)([leaves[0]], containers)

    assert output[1] is theirs
    assert theirs.layers[0].keys.shape == (1, 2, 4, 4)
    assert theirs.layers[1].keys.shape == (1, 2, 5, 4)


CHANGES = [
    ([T], lambda c: c.append(U)),
    ({"a": T}, lambda c: (c.clear(), c.update(b=U))),
    (collections.OrderedDict(a=T, b=U), lambda c: c.move_to_end("a")),
    (collections.deque([T], maxlen=1), lambda c: c.append(U)),
    ({1}, lambda c: c.add(2)),
    (Options(T, [1]), lambda c: (setattr(c, "scale", U), setattr(c, "names", [2]))),
    (types.SimpleNamespace(scale=T, names=[1]), lambda c: (delattr(c, "scale"), c.names.append([3]))),
    ({"a": [T], "b": {}}, lambda c: c["b"].update(a=c["a"], itself=c)),
    (Bag(a=T), lambda c: (setattr(c, "note", 1), c.pop("a"))),
]


@pytest.mark.parametrize("write", [lambda tree, *rest: compile_state(tree)(*rest), write_state])
@pytest.mark.parametrize(("example", "change"), CHANGES)
def test_containers_end_as_the_program_left_them(example, change, write):
    """The same change, made by the program on the original and written back to another container."""
    import copy

    eager, theirs = copy.deepcopy(example), copy.deepcopy(example)
    change(eager)
    inputs = bind(lambda x: None, (example,), {})
    _, rebuilt = inputs.call(change, [leaf.value for leaf in inputs.leaves])
    state = rebuilt.state()

    _, containers = compile_bind(inputs, containers=True)(theirs)
    write(state.tree, state.leaves, containers)

    assert repr(theirs) == repr(eager)
    assert getattr(theirs, "__dict__", None) == getattr(eager, "__dict__", None)
