"""Why the arguments of a call do not have the structure of the example: the slow half of `calling.py`.

It runs only when the generated function has found that something differs, and walks the same tree to say what.

Invariant: it names the first difference in the order of the signature.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from fullgraph.errors import ContractError
from fullgraph.tracing.containers import Kind, Parts, by_attributes, take_apart, typed
from fullgraph.tracing.inputs import Inputs
from fullgraph.tracing.tree import Container, Keys, Leaf, Seen, Tree, path_text


def explain(inputs: Inputs, arguments: Mapping[str, Any]) -> BaseException:
    """Return the error for arguments whose structure differs from the example's.

    When it does not differ after all, the error being handled came from a class's own code, and is returned as it is.
    """
    containers: dict[int, Any] = {}
    for name, child in zip(inputs.tree.keys, inputs.tree.children):
        found = _first_difference(child, arguments[name], (name,), containers, inputs)
        if found is not None:
            return found
    shared = _first_shared(inputs, containers)
    if shared is not None:
        return shared
    return sys.exc_info()[1] or ContractError(
        "The arguments do not have the structure of the example.",
        why="They changed while they were looked at.",
    )


def _first_difference(
    tree: Tree, value: Any, keys: Keys, containers: dict[int, Any], inputs: Inputs
) -> ContractError | None:
    if isinstance(tree, Leaf):
        return None
    name = path_text(inputs.as_named(keys))
    if isinstance(tree, Seen):
        if value is containers[tree.number]:
            return None
        first = path_text(inputs.containers[tree.number][1])
        return _error(f"Input `{name}` is another object than `{first}`; in the example they were one.")
    if not isinstance(tree, Container):
        raise AssertionError("arguments are not given, they are what is given")
    containers[tree.number] = value
    if type(value) is not tree.type:
        return _error(f"Input `{name}` is {_described(value)}; {_expected(tree)} was expected.")
    parts = by_attributes(value) if tree.kind is Kind.OBJECT else take_apart(value)
    difference = _difference_of_parts(tree, parts, value)
    if difference is not None:
        return _error(f"Input `{name}` {difference}.")
    # An object's attributes have no order that a program is meant to see, so they are found by name.
    values = dict(zip(parts.keys, parts.values)) if parts is not None else {}
    for key, child in zip(tree.keys, tree.children):
        found = _first_difference(
            child, values[key], (*keys, key if type(key) in (str, int) else str(key)), containers, inputs
        )
        if found is not None:
            return found
    return None


def _difference_of_parts(tree: Container, parts: Parts | None, value: Any) -> str | None:
    """Say how a container of the right class differs from the example's; None when it does not."""
    if parts is None:
        return f"is {_described(value)}; {_expected(tree)} was expected"
    if tree.kind is Kind.SET and typed(parts.context) != typed(tree.context):
        return f"is {value!r}; {set(tree.context)!r} was expected"
    if tree.kind in (Kind.LIST, Kind.TUPLE, Kind.DEQUE) and len(parts.keys) != len(tree.keys):
        return f"has {len(parts.keys)} elements; {len(tree.keys)} were expected"
    missing = [key for key in tree.keys if key not in parts.keys]
    unexpected = [key for key in parts.keys if key not in tree.keys]
    kind = "attributes" if tree.kind is Kind.OBJECT else "keys"
    if missing:
        return f"lacks the {kind} {_listed(missing)}"
    if unexpected:
        return f"has the unexpected {kind} {_listed(unexpected)}"
    if tree.kind is not Kind.OBJECT and parts.keys != tree.keys:
        order = f"{_listed(parts.keys)}; {_listed(tree.keys)} was expected"
        return f"has its keys in another order, which a program may depend on: {order}"
    if tree.kind is Kind.DICT and list(map(type, parts.keys)) != list(map(type, tree.keys)):
        return f"has the keys {_listed(parts.keys)} of other types; {_listed(tree.keys)} was expected"
    if tree.kind is not Kind.SET and parts.context != tree.context:
        return f"was made with {parts.context!r}; {tree.context!r} was expected"
    return None


def _first_shared(inputs: Inputs, containers: Mapping[int, Any]) -> ContractError | None:
    """Find two containers that were two in the example and are one in the call."""
    seen: dict[int, int] = {}
    for node, keys in inputs.containers:
        if node.kind is Kind.TUPLE or node.number in inputs.belongs_to_call or node.number not in containers:
            continue
        first = seen.setdefault(id(containers[node.number]), node.number)
        if first != node.number:
            other = path_text(inputs.containers[first][1])
            return _error(
                f"Input `{path_text(keys)}` is the same object as `{other}`; in the example they were two."
            )
    return None


def _error(what: str) -> ContractError:
    return ContractError(
        what,
        why="The structure of the arguments is fixed at export.",
        instead="Pass arguments of the same structure, or export again with an example of this one.",
    )


def _described(value: Any) -> str:
    if isinstance(value, (list, tuple, dict)):
        return f"a `{type(value).__name__}` of {len(value)}"
    return "None" if value is None else f"a `{type(value).__name__}`"


def _expected(tree: Container) -> str:
    if tree.kind in (Kind.LIST, Kind.TUPLE, Kind.DICT, Kind.DEQUE):
        return f"a `{tree.type.__name__}` of {len(tree.keys) - tree.attributes}"
    return f"a `{tree.type.__name__}`"


def _listed(keys: Any) -> str:
    return ", ".join(f"`{key}`" for key in keys)
