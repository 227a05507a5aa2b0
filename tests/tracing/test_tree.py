"""tree.py: any value into leaves and structure, and back."""

import collections
import dataclasses
import enum
import threading
import types
from collections import OrderedDict

import pytest
import torch
from hypothesis import given
from torch.utils import _pytree as pytree

from fullgraph.contract import TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.tracing.containers import Kind
from fullgraph.tracing.tree import Container, Given, Leaf, Seen, flatten, unflatten
from tests.tracing.strategies import Pair, Point, values

T = torch.ones(2)


@dataclasses.dataclass
class Slotted:
    __slots__ = ("first", "second")
    first: object
    second: object


class Cache:
    """Holds tensors in attributes; nobody registered it."""

    def __init__(self, size):
        self.keys = [T] * size
        self.size = size


class Bag(dict):
    """A dict with attributes, as libraries make them."""


class Sentinel:
    pass


class Registered:
    def __init__(self, a, b):
        self.a, self.b = a, b


pytree.register_pytree_node(
    Registered,
    lambda r: ((r.a, r.b), "context"),
    lambda values, context: Registered(*values),
    flatten_with_keys_fn=lambda r: (
        [(pytree.GetAttrKey("a"), r.a), (pytree.GetAttrKey("b"), r.b)],
        "context",
    ),
)


def again(value):
    flat = flatten(value)
    return unflatten(flat.tree, flat.leaves).value


@pytest.mark.parametrize(
    "value",
    [
        1,
        None,
        "text",
        [1, (2, [3]), {"a": None}],
        {1: "a", "b": {2.5: ()}},
        Point(1, [2]),
        collections.OrderedDict(b=1, a=2),
        collections.defaultdict(list, a=[1]),
        collections.deque([1, 2], maxlen=3),
        {1, 2},
        frozenset({"a"}),
        slice(1, None, 2),
        torch.Size([1, 2]),
        Pair(1, [2]),
        torch.float32,
        range(3),
    ],
    ids=repr,
)
def test_a_value_is_made_again(value):
    """What is put together from the leaves is equal, and of the same class."""
    made = again(value)

    assert made == value
    assert type(made) is type(value)


def test_defaultdict_and_deque_keep_what_makes_them():
    """The default factory and the maximal length are part of the structure."""
    assert again(collections.defaultdict(list)).default_factory is list
    assert again(collections.deque([1], maxlen=4)).maxlen == 4


def test_objects_with_tensors_are_taken_apart_by_attributes():
    """A class that nobody registered is a container when it holds a tensor, through lists and slots too."""
    cache, slotted = again(Cache(2)), again(Slotted(T, 5))

    assert type(cache) is Cache
    assert cache.keys[0] is T
    assert cache.size == 2
    assert slotted.first is T
    assert slotted.second == 5
    assert flatten(Cache(1)).keys == [("keys", 0), ("size",)]


def test_a_tensor_spec_counts_as_a_tensor():
    """Shapes alone may stand in the arguments wherever tensors may."""
    value = types.SimpleNamespace(x=TensorSpec((2, 3), torch.float32))

    assert flatten(value).keys == [("x",)]


def test_an_empty_cache_is_a_container():
    """It holds no tensor yet, but the program will put traced ones into it."""
    assert flatten(Cache(0)).keys == [("size",)]
    assert isinstance(flatten(Cache(0)).tree, Container)


class Color(enum.Enum):
    RED = 1


class WithLock:
    def __init__(self):
        self.lock, self.size = threading.Lock(), 1


@pytest.mark.parametrize(
    "value",
    [Sentinel(), torch.nn.Linear(1, 1), len, Cache, Color.RED, WithLock(), torch.Generator()],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_opaque_values_stay_one_leaf(value):
    """What cannot be copied, or is told by its identity, is handed on as it is."""
    assert flatten(value).leaves == [value]
    assert flatten(value).tree == Leaf(0)


def test_subclasses_of_builtins_keep_items_and_attributes():
    """Items and attributes are both followed; the class's own `__init__` is not run."""
    bag = Bag(a=T)
    bag.note = [1]
    made = again(bag)

    assert type(made) is Bag
    assert made["a"] is T
    assert made.note == [1]
    assert made.note is not bag.note


def test_registered_classes_use_their_functions():
    """The names of the children are those that the class gives."""
    flat = flatten(Registered(1, [2]))

    assert flat.keys == [("a",), ("b", 0)]
    assert flat.tree.kind is Kind.REGISTERED
    assert type(again(Registered(1, 2))) is Registered


class Named(OrderedDict):
    """As the model outputs of transformers: made by keywords in one order, filled in another."""

    def __init__(self, a=None, b=None):
        super().__init__((name, value) for name, value in (("a", a), ("b", b)) if value is not None)


pytree.register_pytree_node(
    Named, lambda n: (list(n.values()), list(n)), lambda values, names: Named(**dict(zip(names, values)))
)


def test_registered_dicts_keep_their_order():
    named = Named(a=1)
    named["b"] = 2
    named.move_to_end("a")

    assert list(again(named).items()) == [("b", 2), ("a", 1)]


def test_registered_with_a_tensor_in_the_context_is_refused():
    """It would be fixed at export."""

    class Hidden:
        pass

    pytree.register_pytree_node(Hidden, lambda h: ((), [T]), lambda values, context: Hidden())

    with pytest.raises(Unsupported, match="keeps a tensor where it cannot be followed"):
        flatten(Hidden())


def test_torch_return_types():
    """They are made by calling them with a sequence."""
    made = again(torch.max(torch.ones(2, 3), dim=1))

    assert type(made) is torch.return_types.max
    assert made.values.shape == (2,)


def test_a_container_met_twice_is_one():
    """Sharing survives, and so do cycles."""
    shared = [1]
    made = again({"a": shared, "b": shared})
    loop = [1]
    loop.append(loop)
    looped = again(loop)

    assert made["a"] is made["b"]
    assert looped[1] is looped


def test_a_tensor_met_twice_is_two_leaves():
    """Whether they must be one is for the contract to say."""
    assert len(flatten([T, T]).leaves) == 2


def test_a_cycle_without_beginning_is_refused():
    """A tuple cannot be made before its contents."""
    inner = []
    loop = (inner,)
    inner.append(loop)

    with pytest.raises(Unsupported, match="contains itself"):
        flatten(loop)


@pytest.mark.parametrize("value", [{T}, {T: 1}, {(1, T): 1}], ids=["set", "key", "nested key"])
def test_tensors_that_cannot_be_told_apart_are_refused(value):
    """They have no place by which another call's could be found."""
    with pytest.raises(Unsupported, match="A tensor is in"):
        flatten(value)


def test_a_destructor_and_a_tensor_are_refused():
    """A copy's destructor would release what the original still uses."""

    class Handle:
        def __init__(self):
            self.x = T

        def __del__(self):
            pass

    with pytest.raises(Unsupported, match="destructor"):
        flatten(Handle())


def test_given_containers_are_recognized():
    """A container of the arguments that comes out again is the caller's own."""
    mine = [1, 2]
    flat = flatten((mine, 3), {id(mine): 7})

    assert flat.tree.children == (Given(7), Leaf(0))
    assert unflatten(flat.tree, [4], {7: mine}).value[0] is mine


def test_a_cached_property_is_not_state():
    """The program computes it again, from traced tensors."""
    import functools

    class Lazy:
        def __init__(self):
            self.x = T

        @functools.cached_property
        def twice(self):
            return self.x * 2

    lazy = Lazy()
    assert lazy.twice is lazy.twice

    assert flatten(lazy).keys == [("x",)]
    assert "twice" not in vars(again(lazy))


@given(values)
def test_flatten_and_unflatten_are_inverse(value):
    """For any nesting: equal again, leaves numbered in order, keys lead to the leaves."""
    flat = flatten(value)

    assert unflatten(flat.tree, flat.leaves).value == value
    assert len(flat.keys) == len(flat.leaves)
    assert _numbers(flat.tree) == list(range(len(flat.leaves)))


def _numbers(tree):
    if isinstance(tree, Leaf):
        return [tree.index]
    return [] if isinstance(tree, Seen) else [n for child in tree.children for n in _numbers(child)]
