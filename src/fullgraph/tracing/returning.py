"""From the flat values of a graph to what the caller sees: outputs rebuilt, containers of arguments brought up to date.

Both are generated functions, as in `calling.py`: the output of most programs is one expression, a changed cache
one `dict.update` for each of its objects.

Invariant: each call makes its own containers; only `Given` ones are the caller's, and those keep their identity.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from fullgraph.tracing.attributes import is_stored_in_dict_alone
from fullgraph.tracing.containers import (
    Kind,
    blank,
    fill,
    is_made_first,
    make,
    overwrite,
)
from fullgraph.tracing.generated import Generated
from fullgraph.tracing.tree import Container, Given, Leaf, Seen, Tree, unflatten


def compile_output(tree: Tree) -> Callable[..., Any]:
    """Make the function that rebuilds what the program returned.

    Args:
        tree: the structure of the output.

    Returns:
        `build(values, containers=())`: the leaves in order, and the argument containers by number.
    """
    if _has_seen(tree):
        return functools.partial(_unflatten, tree)
    text = Generated()
    text.line(f"return {_expression(tree, text)}")
    return text.compile("v, c=()", "build_output", "output")


def compile_state(tree: Container) -> Callable[[Sequence[Any], Sequence[Any]], None]:
    """Make the function that gives the caller's containers the contents that the program left in them.

    Args:
        tree: as `Rebuilt.state()` returns it: a tuple of contents, its keys the numbers of the containers.

    Returns:
        `write(values, containers)`.
    """
    if _has_seen(tree):
        return functools.partial(write_state, tree)
    text = Generated()
    # Everything is built before anything is written, so that a failure leaves the caller's objects as they were.
    for index, child in enumerate(tree.children):
        text.line(f"{text.local(index)} = {_contents(child, text)}")
    for index, (number, child) in enumerate(zip(tree.keys, tree.children)):
        _assign(child, f"c[{text.key(number)}]", text.local(index), text)
    return text.compile("v, c", "write_state", "argument state")


def write_state(tree: Container, values: Sequence[Any], containers: Sequence[Any]) -> None:
    """Give the caller's containers the contents that the program left in them, without generated code."""
    built = unflatten(tree, values, containers)
    for number, contents in zip(tree.keys, built.value):
        overwrite(containers[number], contents)


def _unflatten(tree: Tree, values: Sequence[Any], containers: Sequence[Any] = ()) -> Any:
    return unflatten(tree, values, containers).value


def _expression(tree: Tree, text: Generated) -> str:
    if isinstance(tree, Leaf):
        return f"v[{tree.index}]"
    if isinstance(tree, Given):
        return f"c[{tree.number}]"
    if isinstance(tree, Seen):
        raise AssertionError("trees with sharing are not built by one expression")
    values = [_expression(child, text) for child in tree.children]
    if tree.type is list:
        return f"[{', '.join(values)}]"
    if tree.type in (dict, OrderedDict):
        pairs = ", ".join(f"{text.key(key)}: {value}" for key, value in zip(tree.keys, values))
        return f"{{{pairs}}}" if tree.type is dict else f"{text.constant(OrderedDict)}({{{pairs}}})"
    joined = f"({''.join(value + ', ' for value in values)})"
    if tree.type is tuple:
        return joined
    return f"{text.constant(_maker(tree))}({joined})"


def _maker(node: Container) -> Callable[[tuple[Any, ...]], Any]:
    """Return the function that makes one such container from the values of its children."""
    kind, cls, context, keys, attributes = node.kind, node.type, node.context, node.keys, node.attributes
    if not is_made_first(kind):
        return lambda values: make(kind, cls, context, keys, values, attributes)
    if kind is Kind.OBJECT and is_stored_in_dict_alone(cls):
        return lambda values: _object(cls, zip(keys, values))

    def filled(values: tuple[Any, ...]) -> Any:
        made = blank(kind, cls, context)
        fill(made, kind, keys, values, attributes)
        return made

    return filled


def _object(cls: type, attributes: Any) -> Any:
    made = blank(Kind.OBJECT, cls, None)
    made.__dict__.update(attributes)
    return made


def _contents(tree: Tree, text: Generated) -> str:
    """Return the text that makes the new contents: for an object that lives in its `__dict__`, only that dict."""
    if isinstance(tree, Container) and _is_simple_object(tree):
        pairs = (f"{name!r}: {_expression(child, text)}" for name, child in zip(tree.keys, tree.children))
        return f"{{{', '.join(pairs)}}}"
    return _expression(tree, text)


def _assign(tree: Tree, target: str, contents: str, text: Generated) -> None:
    if not isinstance(tree, Container):
        raise AssertionError("the contents of a container are a container")
    if _is_simple_object(tree):
        text.line(f"{target}.__dict__.clear()")
        text.line(f"{target}.__dict__.update({contents})")
    elif tree.type is list:
        text.line(f"{target}[:] = {contents}")
    elif tree.type is dict:
        text.line(f"{target}.clear()")
        text.line(f"{target}.update({contents})")
    else:
        text.line(f"{text.constant(overwrite)}({target}, {contents})")


def _is_simple_object(tree: Container) -> bool:
    return tree.kind is Kind.OBJECT and is_stored_in_dict_alone(tree.type)


def _has_seen(tree: Tree) -> bool:
    if isinstance(tree, Container):
        return any(map(_has_seen, tree.children))
    return isinstance(tree, Seen)
