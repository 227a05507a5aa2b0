"""Trees: the structure of a nested value without its leaves, which lie beside it in one flat list.

`flatten` takes any value apart and `unflatten` makes an equal one from other leaves. What the containers are is the
business of `containers.py`; here is what happens between them: a container met twice is one container (`Seen`), one
that may contain itself is made before its contents, and one that the caller handed in is recognized again in what the
program returns (`Given`).

Invariants: leaves are numbered in the order in which they are met, containers likewise; a `Tree` is plain data
and holds no leaf; `unflatten(flat.tree, flat.leaves)` equals the value and shares no mutable container with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fullgraph.errors import Unsupported
from fullgraph.tracing.containers import (
    Kind,
    Parts,
    blank,
    by_attributes,
    fill,
    has_identity,
    is_made_first,
    key_text,
    make,
    take_apart,
)

Keys: TypeAlias = tuple["str | int", ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """The leaf at `index` of the flat list."""

    index: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The container `number` of this same tree, met again."""

    number: int


@dataclass(frozen=True, slots=True)
class Given:
    """The container `number` of the arguments: the caller's own object."""

    number: int


@dataclass(frozen=True, slots=True)
class Container:
    """A container and what is in it.

    Args:
        kind: how it is taken apart and made.
        type: its class.
        number: its place in the order in which containers were met.
        keys: what each child is called.
        children: one tree for each key.
        context: what else makes it, as in `Parts`.
        attributes: how many of the children, at the end, are attributes besides the items.
    """

    kind: Kind
    type: type
    number: int
    keys: tuple[Any, ...]
    children: tuple[Tree, ...]
    context: Any = None
    attributes: int = 0


Tree: TypeAlias = "Leaf | Seen | Given | Container"


@dataclass(frozen=True, slots=True)
class Flat:
    """A value taken apart.

    Args:
        tree: its structure.
        leaves: its leaves, in order.
        keys: the way to each leaf, step by step.
        containers: the containers themselves, by number.
    """

    tree: Tree
    leaves: list[Any]
    keys: list[Keys]
    containers: list[Any]


@dataclass(frozen=True, slots=True)
class Built:
    """A value put together: itself, and its containers by number."""

    value: Any
    containers: list[Any]


def flatten(value: Any, given: Mapping[int, int] | None = None) -> Flat:
    """Take a value apart into its structure and its leaves.

    Args:
        value: anything.
        given: `id` of a container -> its number, for the containers that stand in the tree as `Given`.

    Returns:
        The tree, the leaves, the way to each leaf, and the containers.

    Raises:
        Unsupported: a tuple contains itself, or a tensor is in a set or among the keys of a dict.

    Example:
        >>> flatten({"a": 1, "b": [2, 3]}).leaves
        [1, 2, 3]
    """
    walk = _Walk(given or {})
    tree = walk.visit(value, ())
    return Flat(tree, walk.leaves, walk.keys, walk.containers)


def flatten_contents(values: Mapping[int, Any], given: Mapping[int, int]) -> Flat:
    """Take given containers apart: their contents, not `Given`. Those *inside* of them still stand as `Given`.

    Args:
        values: the containers by their number among the arguments.
        given: as for `flatten`.

    Returns:
        A tuple of the containers, whose `keys` are their numbers.
    """
    walk = _Walk(given)
    walk.containers.append(values)
    children = tuple(walk.contents(value, (number,)) for number, value in values.items())
    return Flat(
        Container(Kind.TUPLE, tuple, 0, tuple(values), children), walk.leaves, walk.keys, walk.containers
    )


def unflatten(tree: Tree, leaves: Sequence[Any], given: Sequence[Any] = ()) -> Built:
    """Put a value together.

    Args:
        tree: its structure.
        leaves: what to put at each leaf.
        given: the argument containers by number, when the tree has `Given` in it.

    Example:
        >>> flat = flatten({"a": 1, "b": [2, 3]})
        >>> unflatten(flat.tree, [4, 5, 6]).value
        {'a': 4, 'b': [5, 6]}
    """
    containers: list[Any] = [None] * count_containers(tree)
    return Built(_build(tree, leaves, given, containers), containers)


def count_containers(tree: Tree) -> int:
    """Return how many containers are in a tree."""
    return 1 + sum(map(count_containers, tree.children)) if isinstance(tree, Container) else 0


def count_leaves(tree: Tree) -> int:
    """Return how many leaves are in a tree."""
    if isinstance(tree, Container):
        return sum(map(count_leaves, tree.children))
    return 1 if isinstance(tree, Leaf) else 0


def containers_of(tree: Tree, keys: Keys = ()) -> list[tuple[Container, Keys]]:
    """Return every container of a tree with the way to it, in the order of their numbers."""
    if not isinstance(tree, Container):
        return []
    found = [(tree, keys)]
    for key, child in zip(tree.keys, tree.children):
        found.extend(containers_of(child, (*keys, key_text(key))))
    return found


def path_text(keys: Keys) -> str:
    """Return the way to a leaf as text: `past_key_values.layers.0.keys`."""
    return ".".join(map(str, keys))


def identifier(path: str) -> str:
    """Return a path as a name for the graph; `self` is the graph's module there."""
    name = re.sub(r"\W", "_", path)
    return "self_" if name == "self" else name


@dataclass
class _Walk:
    """The state of one `flatten`."""

    given: Mapping[int, int]
    leaves: list[Any] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)
    containers: list[Any] = field(default_factory=list)
    _number_of: dict[int, int] = field(default_factory=dict)
    _open: set[int] = field(
        default_factory=set
    )  # containers that cannot exist before their contents, being visited

    def visit(self, value: Any, keys: Keys) -> Tree:
        identity = id(value)
        if identity in self.given:
            return Given(self.given[identity])
        if identity in self._number_of:
            return Seen(self._number_of[identity])
        parts = take_apart(value)
        if parts is None:
            self.leaves.append(value)
            self.keys.append(keys)
            return Leaf(len(self.leaves) - 1)
        return self.expand(value, parts, keys)

    def contents(self, value: Any, keys: Keys) -> Container:
        # What was a container when it was handed in is one still, whatever the program did to its attributes.
        return self.expand(value, take_apart(value) or by_attributes(value), keys)

    def expand(self, value: Any, parts: Parts, keys: Keys) -> Container:
        identity, number = id(value), len(self.containers)
        if identity in self._open:
            raise _contains_itself(value, keys)
        self.containers.append(value)  # also keeps it alive, so that its id stays its own
        if has_identity(parts.kind):
            self._number_of[identity] = number
        made_last = not is_made_first(parts.kind)
        if made_last:
            self._open.add(identity)
        children = tuple(
            self._child(each, (*keys, key_text(key))) for key, each in zip(parts.keys, parts.values)
        )
        if made_last:
            self._open.discard(identity)
        return Container(
            parts.kind, type(value), number, parts.keys, children, parts.context, parts.attributes
        )

    def _child(self, value: Any, keys: Keys) -> Tree:
        if id(value) in self._open:
            raise _contains_itself(value, keys)
        return self.visit(value, keys)


def _build(tree: Tree, leaves: Sequence[Any], given: Sequence[Any], containers: list[Any]) -> Any:
    if isinstance(tree, Leaf):
        return leaves[tree.index]
    if isinstance(tree, Seen):
        return containers[tree.number]
    if isinstance(tree, Given):
        return given[tree.number]
    if not is_made_first(tree.kind):
        values = [_build(child, leaves, given, containers) for child in tree.children]
        made = make(tree.kind, tree.type, tree.context, tree.keys, values, tree.attributes)
        containers[tree.number] = made
        return made
    made = containers[tree.number] = blank(tree.kind, tree.type, tree.context)
    values = [_build(child, leaves, given, containers) for child in tree.children]
    fill(made, tree.kind, tree.keys, values, tree.attributes)
    return made


def _contains_itself(value: Any, keys: Keys) -> Unsupported:
    return Unsupported(
        f"The `{type(value).__name__}` at `{path_text(keys)}` contains itself.",
        why="A container that cannot be made before its contents has no beginning then.",
        instead="Break the cycle, or let it go through a list, a dict or an object's attribute.",
        case="custom_object_type",
    )
