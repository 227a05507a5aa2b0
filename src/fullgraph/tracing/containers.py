"""What a container is, one level deep: how to take it apart, and how to make one of the same kind again.

`tree.py` walks whole structures; all it knows of lists, dicts, named tuples, dataclasses, registered pytrees and
plain objects stands here. An object whose class nobody registered is a container of its attributes when a tensor
can be reached through them (a `DynamicCache`), or when all that can be reached is plain data (a cache that is
still empty, a dataclass of options). Everything else (modules, functions, classes, locks, tokenizers) is opaque: it
stays one leaf and is handed on as it is.

Invariant: a container is never changed by taking it apart, and a new one shares nothing mutable with it but its leaves.
"""

from __future__ import annotations

import dataclasses
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Iterator, MappingView
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import torch
from torch.utils import _pytree as pytree

from fullgraph.errors import Unsupported
from fullgraph.tracing.attributes import attributes_of, set_attributes, slot_names, state_of
from fullgraph.tracing.nature import (
    BUILT_IN,
    LEAVES,
    SCALARS,
    Nature,
    can_be_made_blank,
    has_own_equality,
    nature_of,
)


class Kind(Enum):
    """How a container is taken apart and made again."""

    LIST = auto()
    TUPLE = auto()  # named tuples, torch.Size and slices too
    DICT = auto()
    DEQUE = auto()
    SET = auto()  # of plain values; no children, the values are the context
    OBJECT = auto()  # by attributes: dataclasses, caches, namespaces
    REGISTERED = auto()  # with torch.utils._pytree


@dataclass(frozen=True, slots=True)
class Parts:
    """A container taken apart one level.

    Args:
        kind: how it was taken apart.
        keys: what each value is called: an index, a field, a dict's key, an attribute. The last `attributes` ones are
            attributes that an instance of a subclass of `list`, `dict` or `tuple` has besides its items.
        values: the values, in the order of `keys`.
        context: what else makes it (a default factory, a maximal length, the registered context).
        attributes: how many of the values, at the end, are attributes.
    """

    kind: Kind
    keys: tuple[Any, ...]
    values: tuple[Any, ...]
    context: Any = None
    attributes: int = 0


_BUILT_IN_EXACT: Final = frozenset({list, tuple, torch.Size, dict, OrderedDict, defaultdict, deque})


def take_apart(value: Any) -> Parts | None:
    """Return the parts of a container; None for a leaf.

    Raises:
        Unsupported: the container holds tensors where they cannot be followed (a set, the keys of a dict).
    """
    cls = type(value)
    if cls in SCALARS or isinstance(value, LEAVES):
        return None
    if cls not in _BUILT_IN_EXACT and cls in pytree.SUPPORTED_NODES:
        return _registered(value)
    if isinstance(value, BUILT_IN):
        return _built_in(value)
    if isinstance(value, slice):
        return Parts(Kind.TUPLE, ("start", "stop", "step"), (value.start, value.stop, value.step))
    if isinstance(value, (set, frozenset)):
        return _set(value)
    return by_attributes(value) if _is_taken_apart_by_attributes(value) else None


def by_attributes(value: Any) -> Parts:
    """Return the parts of an object that is known to be a container of its attributes."""
    attributes = attributes_of(value)
    return Parts(Kind.OBJECT, tuple(attributes), tuple(attributes.values()))


def has_identity(kind: Kind) -> bool:
    """Say whether a program can change such a container in place, so that it matters which one it is."""
    return kind is not Kind.TUPLE


def is_made_first(kind: Kind) -> bool:
    """Say whether such a container is made empty and filled afterwards, so that it may contain itself."""
    return kind in (Kind.LIST, Kind.DICT, Kind.DEQUE, Kind.OBJECT)


def blank(kind: Kind, cls: type, context: Any) -> Any:
    """Make an empty container that `fill` completes. Its class's `__init__` is not run."""
    if kind is Kind.LIST:
        return list.__new__(cls)
    if kind is Kind.DEQUE:
        made: Any = deque.__new__(cls)
        deque.__init__(made, (), context)
        return made
    if kind is Kind.DICT:
        made = dict_base(cls).__new__(cls)
        if issubclass(cls, defaultdict):
            made.default_factory = context
        return made
    return types.SimpleNamespace() if cls is types.SimpleNamespace else object.__new__(cls)


def fill(made: Any, kind: Kind, keys: tuple[Any, ...], values: Iterable[Any], attributes: int) -> None:
    """Put the values into a container that `blank` made."""
    values = tuple(values)
    if kind is Kind.OBJECT:
        set_attributes(made, keys, values)
        return
    items = len(values) - attributes
    if kind is Kind.LIST:
        list.extend(made, values[:items])
    elif kind is Kind.DEQUE:
        deque.extend(made, values[:items])
    else:
        put = dict_base(type(made)).__setitem__  # not the class's own: it may do more than store
        for key, value in zip(keys[:items], values):
            put(made, key, value)
    set_attributes(made, keys[items:], values[items:])


def make(
    kind: Kind, cls: type, context: Any, keys: tuple[Any, ...], values: Iterable[Any], attributes: int
) -> Any:
    """Make a container that cannot exist before its values do."""
    values = tuple(values)
    if kind is Kind.SET:
        return cls(context)
    if kind is Kind.REGISTERED:
        rebuilt = pytree.SUPPORTED_NODES[cls].unflatten_fn(values, context)
        if isinstance(rebuilt, OrderedDict) and tuple(rebuilt) != keys and rebuilt.keys() == set(keys):
            for key in keys:  # it was made by keywords, and filled in an order of its own
                OrderedDict.move_to_end(rebuilt, key)
        return rebuilt
    if cls is tuple:
        return values
    if cls is slice:
        return slice(*values)
    if is_built_from_sequence(cls):
        return cls(values)
    items = len(values) - attributes
    made: Any = tuple.__new__(cls, values[:items])
    set_attributes(made, keys[items:], values[items:])
    return made


def overwrite(target: Any, source: Any) -> None:
    """Give `target` the contents of `source`, a container of the same class; `target` stays the same object."""
    if isinstance(target, list):
        target[:] = source
    elif isinstance(target, dict):
        base = dict_base(type(target))
        base.clear(target)
        for key, value in base.items(source):
            base.__setitem__(target, key, value)
        if isinstance(target, defaultdict):
            target.default_factory = source.default_factory
    elif isinstance(target, deque):
        target.clear()
        target.extend(source)
    elif isinstance(target, set):
        target.clear()
        target.update(source)
    old, new = state_of(target), state_of(source)
    for name in old.keys() - new.keys():
        object.__delattr__(target, name)
    set_attributes(target, tuple(new), tuple(new.values()))


def can_be_made(kind: Kind, cls: type, context: Any) -> bool:
    """Say whether a file may ask for such a container: one of its class really is of that kind, and runs nothing."""
    if kind is Kind.OBJECT:
        return can_be_made_blank(cls) and not hasattr(cls, "__del__")
    if kind is Kind.REGISTERED:
        return cls in pytree.SUPPORTED_NODES
    if kind is Kind.DICT and not (context is None or isinstance(context, type)):
        return False  # a default factory is called by whoever reads a missing key
    return issubclass(cls, _CLASSES[kind])


_CLASSES: Final[dict[Kind, tuple[type, ...]]] = {
    Kind.LIST: (list,),
    Kind.TUPLE: (tuple, slice),
    Kind.DICT: (dict,),
    Kind.DEQUE: (deque,),
    Kind.SET: (set, frozenset),
}


def is_built_from_sequence(cls: type) -> bool:
    """Say whether a tuple class can only be made by calling it with one sequence: torch.Size, torch.return_types."""
    return cls is torch.Size or pytree.is_structseq_class(cls)


def key_text(key: Any) -> str | int:
    """Return a key as it stands in paths."""
    return key if type(key) in (str, int) else str(key)


def registered_keys(value: Any, count: int) -> tuple[Any, ...]:
    """Return what the values of a registered container are called, by its own word where it has one."""
    node = pytree.SUPPORTED_NODES[type(value)]
    if node.flatten_with_keys_fn is not None:
        pairs, _ = node.flatten_with_keys_fn(value)
        return tuple(_registered_key(entry) for entry, _ in pairs)
    _, context = node.flatten_fn(value)
    if (
        isinstance(context, (list, tuple))
        and len(context) == count
        and all(type(name) is str for name in context)
    ):
        return tuple(context)  # as transformers' model outputs do: the context is the list of field names
    return tuple(range(count))


def registered_parts(value: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the values and the context of a registered container."""
    values, context = pytree.SUPPORTED_NODES[type(value)].flatten_fn(value)
    return tuple(values), context


def has_instance_dict(cls: type) -> bool:
    """Say whether an instance of a subclass of `list`, `dict` or `tuple` may have attributes besides its items."""
    return cls not in _BUILT_IN_EXACT and (cls.__dictoffset__ != 0 or bool(slot_names(cls)))


def typed(values: Iterable[Any]) -> frozenset[tuple[type, Any]]:
    """Return what a set holds, with 1, 1.0 and True told apart."""
    return frozenset((type(value), value) for value in values)


def dict_base(cls: type) -> Any:
    """Return the class whose methods store into such a dict, past what a subclass makes of them."""
    return OrderedDict if issubclass(cls, OrderedDict) else dict


def unfit(leaf: Any) -> str | None:
    """Say why a leaf cannot be handed to a program or come out of one; None when it can."""
    if isinstance(leaf, (Awaitable, AsyncIterator)):
        return f"a {type(leaf).__name__} has not run yet; export a function that is not `async`"
    if isinstance(leaf, (Iterator, MappingView)):
        return f"a {type(leaf).__name__} can be read only as it goes by; pass or return a list of its values"
    if (type(leaf).__module__, type(leaf).__name__) == ("numpy", "ndarray"):
        return "the contents of an array would be fixed at export; use torch.from_numpy(...) outside of the program"
    return None


def _built_in(value: Any) -> Parts:
    extra = attributes_of(value) if type(value) not in _BUILT_IN_EXACT else {}
    names, values = tuple(extra), tuple(extra.values())
    context: Any = None
    if isinstance(value, dict):
        base = dict_base(type(value))
        kind, keys, items = Kind.DICT, tuple(map(_told, base.keys(value))), tuple(base.values(value))
        context = value.default_factory if isinstance(value, defaultdict) else None
        for key in keys:
            _refuse_tensors_in(key, "the keys of a dict")
    else:
        items = tuple(value)
        keys = tuple(range(len(items)))
        kind = Kind.LIST
        if isinstance(value, deque):
            kind, context = Kind.DEQUE, value.maxlen
        elif isinstance(value, tuple):
            kind = Kind.TUPLE
            keys = getattr(type(value), "_fields", keys)
    return Parts(kind, (*keys, *names), (*items, *values), context, len(names))


def _set(value: set[Any] | frozenset[Any]) -> Parts:
    for element in map(_told, value):
        _refuse_tensors_in(element, "a set")
    return Parts(Kind.SET, (), (), frozenset(map(_told, value)))


def _registered(value: Any) -> Parts:
    values, context = registered_parts(value)
    if nature_of(context) is Nature.HOLDS_TENSOR:
        raise Unsupported(
            f"A `{type(value).__name__}` keeps a tensor where it cannot be followed.",
            why="The flatten function registered for it puts the tensor into the context, which is fixed at export.",
            instead="Return the tensor with the children in the function given to register_pytree_node.",
            case="custom_object_type",
        )
    return Parts(Kind.REGISTERED, registered_keys(value, len(values)), values, context)


def _registered_key(entry: Any) -> Any:
    for field in ("key", "idx", "name"):  # MappingKey, SequenceKey, GetAttrKey: the three that torch has
        if hasattr(entry, field):
            return getattr(entry, field)
    return str(entry)


def _told(key: Any) -> Any:
    """Return a size as a plain number where it has been asked for its hash, and so has one value by now."""
    if type(key) in (tuple, torch.Size):
        return type(key)(map(_told, key))
    number = _NUMBERS.get(type(key))
    return key if number is None else number(key)


_NUMBERS: Final[dict[type, Callable[[Any], Any]]] = {
    torch.SymInt: int,
    torch.SymFloat: float,
    torch.SymBool: bool,
}


def _refuse_tensors_in(element: Hashable, where: str) -> None:
    if type(element) in SCALARS:
        return
    if nature_of(element) is Nature.HOLDS_TENSOR:
        raise Unsupported(
            f"A tensor is in {where}.",
            why="Tensors have no order there by which the values of another call could be told apart.",
            instead="Use a list, or a dict with the tensors as its values.",
            case="set_of_tensors",
        )


def _is_taken_apart_by_attributes(value: Any) -> bool:
    cls: type = type(value)
    if not can_be_made_blank(cls):
        return False
    nature, has_destructor = nature_of(value), hasattr(cls, "__del__")
    if nature is Nature.HOLDS_TENSOR and has_destructor:
        raise Unsupported(
            f"A `{cls.__name__}` that holds a tensor has a destructor.",
            why="The program is traced with a copy of it, whose destructor would release what the original still uses.",
            instead="Pass the tensors themselves.",
            case="custom_object_type",
        )
    if nature is Nature.HOLDS_TENSOR or dataclasses.is_dataclass(value):
        return not has_destructor
    # An object without attributes (a sentinel) is told by its identity, one with its own equality by that.
    is_plain = nature is Nature.PLAIN and bool(attributes_of(value)) and not has_own_equality(cls)
    return is_plain and not has_destructor
