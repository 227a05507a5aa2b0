"""From a call of a program to its flat leaves: one generated function with the program's own signature.

`compile_bind` writes the function that a caller of the program really calls. Python itself binds the arguments to the
signature (and complains about wrong ones as it would for the program). The text then checks the structure, container by
container, and lists the leaves. For a program of tensors alone it is `return [x, y]`.

Invariant: when the function returns, the arguments have exactly the structure of the example: the same classes, lengths
and keys in the same order, the same sharing. Leaves are not looked at; that is the contract's check.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter
from typing import Any, Final

from fullgraph.tracing.attributes import attributes_of, is_stored_in_dict_alone
from fullgraph.tracing.containers import (
    Kind,
    dict_base,
    has_instance_dict,
    registered_parts,
    typed,
)
from fullgraph.tracing.generated import Generated
from fullgraph.tracing.inputs import Inputs
from fullgraph.tracing.mismatch import explain
from fullgraph.tracing.tree import Container, Given, Leaf, Seen, Tree


def compile_bind(inputs: Inputs, *, containers: bool = False, distinct: bool = True) -> Callable[..., Any]:
    """Make the function that turns a call into the flat leaves.

    Args:
        inputs: the bound example.
        containers: whether the function returns `(leaves, containers)`, the containers by number.
        distinct: whether two containers that were two objects in the example must be two at the call. A program that
            changes no container can do without.

    Returns:
        A function with the program's signature. It raises `ContractError` when a structure differs, and `TypeError`
        as Python does when the arguments do not fit the signature.
    """
    writer = _BindWriter(inputs)
    return writer.write(containers=containers, distinct=distinct)


_STARS: Final[dict[Any, str]] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


class _BindWriter:
    """Writes the text for one `Inputs`."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.text = Generated(inputs.signature.parameters)
        self.leaves: list[str] = []
        arguments = ", ".join(f"{name!r}: {name}" for name in inputs.signature.parameters)
        self.refuse = f"raise {self.text.constant(explain)}({self.text.constant(inputs)}, {{{arguments}}})"

    def write(self, *, containers: bool, distinct: bool) -> Callable[..., Any]:
        """Write all of it."""
        header = self._header()
        self.text.line("try:")
        for name, child in zip(self.inputs.signature.parameters, self.inputs.tree.children, strict=True):
            self._visit(child, name)
        if distinct:
            self._check_distinct()
        result = f"[{', '.join(self.leaves)}]"
        if containers:
            numbers = range(1, len(self.inputs.containers))
            result = f"{result}, (None, {''.join(self.text.local(number) + ', ' for number in numbers)})"
        self.text.line(f"return {result}", 2)
        # What a missing key or attribute raises. When everything is in place after all, the error is passed on.
        self.text.line("except (AttributeError, IndexError, KeyError, TypeError, ValueError):")
        self.text.line(self.refuse, 2)
        return self.text.compile(header, self.inputs.name, f"arguments of {self.inputs.name}")

    def _header(self) -> str:
        parts: list[str] = []
        parameters = list(self.inputs.signature.parameters.values())
        has_star = False
        for index, parameter in enumerate(parameters):
            if parameter.kind is Parameter.KEYWORD_ONLY and not has_star:
                parts.append("*")
                has_star = True
            stars = _STARS.get(parameter.kind, "")
            has_star = has_star or stars == "*"
            default = (
                "" if parameter.default is Parameter.empty else f"={self.text.constant(parameter.default)}"
            )
            parts.append(f"{stars}{parameter.name}{default}")
            ends = index + 1 == len(parameters) or parameters[index + 1].kind is not Parameter.POSITIONAL_ONLY
            if parameter.kind is Parameter.POSITIONAL_ONLY and ends:
                parts.append("/")
        return ", ".join(parts)

    def _visit(self, tree: Tree, source: str) -> None:
        if isinstance(tree, Leaf):
            self.leaves.append(source)
        elif isinstance(tree, Seen):
            self._require(f"{source} is {self.text.local(tree.number)}")
        elif isinstance(tree, Given):
            raise AssertionError("arguments are not given, they are what is given")
        else:
            self._container(tree, source)

    def _container(self, node: Container, source: str) -> None:
        local = self.text.local(node.number)
        self.text.line(f"{local} = {source}", 2)
        items = 0 if node.kind is Kind.OBJECT else len(node.children) - node.attributes
        conditions = [f"type({local}) is {self.text.constant(node.type)}"]
        if node.kind is not Kind.OBJECT:
            conditions += self._conditions(node, local, items)
        self._require(*conditions)
        if node.kind is Kind.REGISTERED:
            self._registered(node, local)
        elif node.kind is not Kind.OBJECT:
            self._items(node, local, items)
        if node.kind is Kind.OBJECT or _may_have_attributes(node):
            self._attributes(node, local, items)

    def _conditions(self, node: Container, local: str, items: int) -> list[str]:
        """Return what must hold of a container beyond its class before its items are taken."""
        keys = node.keys[:items]
        if node.kind is Kind.DICT:
            conditions = [f"tuple({self._of_dict(node, 'keys', local)}) == {self.text.constant(keys)}"]
            if any(type(key) is not str for key in keys):  # 1, 1.0 and True are one key
                types = self.text.constant(tuple(map(type, keys)))
                conditions.append(f"tuple(map(type, {self._of_dict(node, 'keys', local)})) == {types}")
            if node.context is not None:
                conditions.append(f"{local}.default_factory is {self.text.constant(node.context)}")
            return conditions
        if node.kind is Kind.SET:
            return [f"{self.text.constant(typed)}({local}) == {self.text.constant(typed(node.context))}"]
        if node.kind is Kind.REGISTERED or node.type is slice:
            return []
        conditions = [f"len({local}) == {items}"]
        if node.kind is Kind.DEQUE:
            conditions.append(f"{local}.maxlen == {self.text.constant(node.context)}")
        return conditions

    def _items(self, node: Container, local: str, items: int) -> None:
        children = node.children[:items]
        if node.type is slice:
            for name, child in zip(("start", "stop", "step"), children, strict=True):
                self._visit(child, f"{local}.{name}")
        elif children and all(isinstance(child, Leaf) for child in children):
            self.leaves.append(
                f"*{self._of_dict(node, 'values', local) if node.kind is Kind.DICT else local}"
            )
        else:
            for index, (key, child) in enumerate(zip(node.keys, children)):
                self._visit(child, f"{local}[{self.text.key(key) if node.kind is Kind.DICT else index}]")

    def _registered(self, node: Container, local: str) -> None:
        parts, context = f"{local}v", f"{local}c"
        self.text.line(f"{parts}, {context} = {self.text.constant(registered_parts)}({local})", 2)
        self._require(
            f"len({parts}) == {len(node.children)}", f"{context} == {self.text.constant(node.context)}"
        )
        if node.children and all(isinstance(child, Leaf) for child in node.children):
            self.leaves.append(f"*{parts}")
            return
        for index, child in enumerate(node.children):
            self._visit(child, f"{parts}[{index}]")

    def _attributes(self, node: Container, local: str, items: int) -> None:
        stored = f"{local}a"
        if is_stored_in_dict_alone(node.type):
            self.text.line(f"{stored} = {local}.__dict__", 2)
        else:
            self.text.line(f"{stored} = {self.text.constant(attributes_of)}({local})", 2)
        names = node.keys[items:]
        self._require(f"len({stored}) == {len(names)}")
        for name, child in zip(names, node.children[items:]):
            self._visit(child, f"{stored}[{name!r}]")

    def _of_dict(self, node: Container, method: str, local: str) -> str:
        """Return the text for the keys or values as they are stored, past what a subclass may have made of them."""
        if node.type is dict:
            return f"{local}.{method}()"
        return f"{self.text.constant(dict_base(node.type))}.{method}({local})"

    def _check_distinct(self) -> None:
        by_type: dict[type, list[int]] = {}
        temporary = self._made_by_registered()
        for node, _ in self.inputs.containers:
            if node.kind is not Kind.TUPLE and node.number not in temporary | self.inputs.belongs_to_call:
                by_type.setdefault(node.type, []).append(node.number)
        for numbers in by_type.values():
            if len(numbers) > 1:
                ids = ", ".join(f"id({self.text.local(number)})" for number in numbers)
                self._require(f"len({{{ids}}}) == {len(numbers)}")

    def _made_by_registered(self) -> frozenset[int]:
        """Return the containers that a registered flatten function may make anew each time."""
        found: set[int] = set()
        for node, _ in self.inputs.containers:
            if node.kind is Kind.REGISTERED or node.number in found:
                found.update(child.number for child in node.children if isinstance(child, Container))
        return frozenset(found)

    def _require(self, *conditions: str) -> None:
        self.text.line(f"if not ({' and '.join(conditions)}):", 2)
        self.text.line(self.refuse, 3)


def _may_have_attributes(node: Container) -> bool:
    is_built_in = node.kind in (Kind.LIST, Kind.TUPLE, Kind.DICT, Kind.DEQUE) and node.type is not slice
    return is_built_in and has_instance_dict(node.type)
