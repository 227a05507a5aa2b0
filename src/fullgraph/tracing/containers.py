"""What a container is, one level deep: how to take it apart, and how to make one of the same kind again.

`tree.py` walks whole structures; all it knows of lists, dicts, named tuples, dataclasses, registered pytrees and
plain objects stands here. An object whose class nobody registered is a container of its attributes when a tensor
can be reached through them (a `DynamicCache`), or when all that can be reached is plain data (a cache that is
still empty, a dataclass of options). Everything else (modules, functions, classes, locks, tokenizers) is opaque: it stays
one leaf and is handed on as it is.

Invariant: a container is never changed by taking it apart, and a new one shares nothing mutable with it but its leaves.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, MappingView
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import torch
from torch.utils import _pytree as pytree

from fullgraph.contract import TensorSpec
from fullgraph.errors import Unsupported


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


# Asked of every leaf of every structure, so answered by one look-up of the exact type.
_SCALARS: Final = frozenset(
    {
        int,
        float,
        bool,
        str,
        complex,
        bytes,
        type(None),
        torch.dtype,
        torch.device,
        torch.layout,
        torch.memory_format,
    }
    | {type(...), type(NotImplemented), range}
)
_LEAVES: Final = (torch.Tensor, TensorSpec, torch.SymInt, torch.SymFloat, torch.SymBool)
_OPAQUE: Final = (
    torch.nn.Module,
    type,
    types.FunctionType,
    types.MethodType,
    types.ModuleType,
    enum.Enum,
    BaseException,
)
_BUILT_IN: Final = (list, tuple, dict, deque)


def take_apart(value: Any) -> Parts | None:
    """Return the parts of a container; None for a leaf.

    Raises:
        Unsupported: the container holds tensors where they cannot be followed (a set, the keys of a dict).
    """
    cls = type(value)
    if cls in _SCALARS or isinstance(value, _LEAVES):
        return None
    if cls not in _BUILT_IN_EXACT and cls in pytree.SUPPORTED_NODES:
        return _registered(value)
    if isinstance(value, _BUILT_IN):
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
        made = deque.__new__(cls)
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
        return pytree.SUPPORTED_NODES[cls].unflatten_fn(values, context)
    if cls is tuple:
        return values
    if cls is slice:
        return slice(*values)
    if is_built_from_sequence(cls):
        return cls(values)
    items = len(values) - attributes
    made = tuple.__new__(cls, values[:items])
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
    old, new = _state_of(target), _state_of(source)
    for name in old.keys() - new.keys():
        object.__delattr__(target, name)
    set_attributes(target, tuple(new), tuple(new.values()))


def attributes_of(value: Any) -> dict[str, Any]:
    """Return the attributes that make up an object: `__dict__` and `__slots__`, without what is only cached."""
    found = _state_of(value)
    for name in _cached_names(type(value)):
        found.pop(name, None)
    return found


def set_attributes(target: Any, names: Iterable[str], values: Iterable[Any]) -> None:
    """Set attributes as they are stored, past a frozen dataclass's or a class's own `__setattr__`."""
    slots = slot_names(type(target))
    for name, value in zip(names, values):
        if name in slots:
            object.__setattr__(target, name, value)
        else:
            target.__dict__[name] = value


@functools.lru_cache(maxsize=None)
def slot_names(cls: type) -> frozenset[str]:
    """Return the attributes that a class keeps in slots, under the names they are stored by."""
    names: set[str] = set()
    for base in cls.__mro__:
        for name, member in vars(base).items():
            if isinstance(member, types.MemberDescriptorType) and "__slots__" in vars(base):
                names.add(name)
    return frozenset(names)


def is_stored_in_dict_alone(cls: type) -> bool:
    """Say whether the attributes of such an object are exactly its `__dict__`."""
    return not slot_names(cls) and not _cached_names(cls)


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
    if isinstance(leaf, (Iterator, MappingView)):
        return f"a {type(leaf).__name__} can be read only as it goes by; pass or return a list of its values"
    if (
        hasattr(leaf, "__array_interface__")
        and not isinstance(leaf, torch.Tensor)
        and getattr(leaf, "ndim", 0)
    ):
        return "the contents of an array would be fixed at export; use torch.from_numpy(...) outside of the program"
    return None


_BUILT_IN_EXACT: Final = frozenset({list, tuple, dict, OrderedDict, defaultdict, deque})


def _built_in(value: Any) -> Parts:
    extra = attributes_of(value) if type(value) not in _BUILT_IN_EXACT else {}
    names, values = tuple(extra), tuple(extra.values())
    context: Any = None
    if isinstance(value, dict):
        base = dict_base(type(value))
        kind, keys, items = Kind.DICT, tuple(base.keys(value)), tuple(base.values(value))
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
    for element in value:
        _refuse_tensors_in(element, "a set")
    return Parts(Kind.SET, (), (), frozenset(value))


def _registered(value: Any) -> Parts:
    values, context = registered_parts(value)
    if _nature(context, set()) is _Nature.HOLDS_TENSOR:
        raise Unsupported(
            f"A `{type(value).__name__}` keeps a tensor where it cannot be followed.",
            why="The flatten function registered for it puts the tensor into the context, which is fixed at export.",
            instead="Return the tensor with the children in the function given to register_pytree_node.",
        )
    return Parts(Kind.REGISTERED, registered_keys(value, len(values)), values, context)


def _registered_key(entry: Any) -> Any:
    for field in ("key", "idx", "name"):  # MappingKey, SequenceKey, GetAttrKey: the three that torch has
        if hasattr(entry, field):
            return getattr(entry, field)
    return str(entry)


def _refuse_tensors_in(element: Hashable, where: str) -> None:
    if type(element) in _SCALARS:
        return
    if _nature(element, set()) is _Nature.HOLDS_TENSOR:
        raise Unsupported(
            f"A tensor is in {where}.",
            why="Tensors have no order there by which the values of another call could be told apart.",
            instead="Use a list, or a dict with the tensors as its values.",
        )


def _state_of(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict(getattr(value, "__dict__", ()))
    for name in slot_names(type(value)):
        try:
            found[name] = object.__getattribute__(value, name)
        except AttributeError:
            continue  # a slot that was never set
    return found


@functools.lru_cache(maxsize=None)
def _cached_names(cls: type) -> tuple[str, ...]:
    # Such a value is a function of the others. It is left out, so that the program computes it from traced tensors.
    return tuple(
        name for base in cls.__mro__ for name, member in vars(base).items() if _is_cached_property(member)
    )


def _is_cached_property(member: object) -> bool:
    return isinstance(member, functools.cached_property)


class _Nature(Enum):
    """What can be reached from a value."""

    HOLDS_TENSOR = auto()
    PLAIN = auto()  # nothing but plain data
    OPAQUE = auto()  # something that is neither


def _is_taken_apart_by_attributes(value: Any) -> bool:
    if not _can_be_made_blank(type(value)):
        return False
    nature = _nature(value, set())
    if nature is _Nature.HOLDS_TENSOR and hasattr(type(value), "__del__"):
        raise Unsupported(
            f"A `{type(value).__name__}` that holds a tensor has a destructor.",
            why="The program is traced with a copy of it, whose destructor would release what the original still uses.",
            instead="Pass the tensors themselves.",
        )
    if nature is _Nature.HOLDS_TENSOR or dataclasses.is_dataclass(value):
        return not hasattr(type(value), "__del__")
    # An object without attributes (a sentinel) is told by its identity, one with its own equality by that.
    return nature is _Nature.PLAIN and bool(attributes_of(value)) and not _has_own_equality(type(value))


def _nature(value: Any, seen: set[int]) -> _Nature:
    cls = type(value)
    if cls in _SCALARS:
        return _Nature.PLAIN
    if isinstance(value, _LEAVES):
        return _Nature.HOLDS_TENSOR
    if isinstance(value, (type, enum.Enum, types.FunctionType, types.BuiltinFunctionType)):
        return _Nature.PLAIN
    if isinstance(value, _OPAQUE):
        return _Nature.OPAQUE
    if id(value) in seen:
        return _Nature.PLAIN  # what it adds is being found out by whoever met it first
    seen.add(id(value))
    natures = {_nature(each, seen) for each in _reached_from(value)}
    if _Nature.HOLDS_TENSOR in natures:
        return _Nature.HOLDS_TENSOR
    is_known = (
        isinstance(value, (*_BUILT_IN, set, frozenset, slice)) or _can_be_made_blank(cls) or _is_value(cls)
    )
    return _Nature.OPAQUE if _Nature.OPAQUE in natures or not is_known else _Nature.PLAIN


def _reached_from(value: Any) -> Iterator[Any]:
    """Yield what a value refers to, as far as this file can take it apart."""
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple, deque, set, frozenset)):
        yield from value
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    if _can_be_made_blank(type(value)) or isinstance(value, _BUILT_IN):
        yield from attributes_of(value).values()


@functools.lru_cache(maxsize=None)
def _can_be_made_blank(cls: type) -> bool:
    """Say whether the state of such an object is all in its attributes: it is made by `object.__new__`."""
    if issubclass(cls, _OPAQUE):
        return False
    if cls is types.SimpleNamespace:
        return True
    solid = [base for base in cls.__mro__ if base is not object and not _is_python_class(base)]
    return not solid and cls is not object


def _is_python_class(cls: type) -> bool:
    # C modules make heap types too: those bring a `__new__` in C (functools.partial) or forbid making one (locks).
    heap_type, not_instantiated = 1 << 9, 1 << 7
    new: Callable[..., Any] | None = vars(cls).get("__new__")
    is_made_by_c = bool(cls.__flags__ & not_instantiated) or isinstance(new, types.BuiltinFunctionType)
    return bool(cls.__flags__ & heap_type) and not is_made_by_c


def _has_own_equality(cls: type) -> bool:
    return cls.__eq__ is not object.__eq__ and cls.__hash__ is not None


def _is_value(cls: type) -> bool:
    """Say whether an object of a C class is told by its value: dates, fractions, decimals."""
    return _has_own_equality(cls) and cls.__hash__ is not object.__hash__
