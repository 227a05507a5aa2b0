"""From the values in a program to JSON.

What JSON has stays as it is; an array is a tuple. Everything else becomes an object with one key, the tag that
`decode.py` reads. Tensors, origins and module stacks are met thousands of times, so they are numbers of rows in
tables of the document.

Invariant: what has been written can be read back to an equal value. Whatever cannot is refused here, by the place where
it is in the program.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import sys
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import torch
from torch import fx

from fullgraph.artifact.format import DERIVED, ENUMS, RECORDS
from fullgraph.artifact.names import name_of
from fullgraph.artifact.operators import operator_name, schema_of
from fullgraph.artifact.sizes import write_size
from fullgraph.artifact.tensors import TensorsToWrite
from fullgraph.contract import Constant, Dim
from fullgraph.errors import ArtifactError, FullgraphError
from fullgraph.source import Origin, PlaceText
from fullgraph.symbolic import Bool, Expr, Range
from fullgraph.tracing import Container, HigherOrderOperator, Leaf, OpOverload, can_be_made, flatten

_JSON = (str, int, bool, type(None))
_TORCH_NAMES = (torch.dtype, torch.layout, torch.memory_format)
_ENUM_NAMES = {enum: name for name, enum in ENUMS.items()}
_META = ("val", "origin", "nn_module_stack")


class Encoder:
    """Writes values, and collects the tables that they point into."""

    def __init__(self, tensors: TensorsToWrite) -> None:
        self._tensors = tensors
        self.operators: dict[str, str | None] = {}
        self.places: list[list[Any]] = []
        self.origins: list[list[int]] = []
        self.stacks: list[Any] = []
        self._place_numbers: dict[PlaceText, int] = {}
        self._origin_numbers: dict[Any, int] = {}
        self._stack_numbers: dict[int, int] = {}
        self._texts: dict[Expr | Bool, Any] = {}
        self._kept: list[Any] = []  # whatever is known by its id stays alive

    def encode(self, value: Any, where: str) -> Any:
        """Return a value as JSON.

        Args:
            value: anything that a program holds.
            where: what to call it in errors.
        """
        kind = type(value)
        if kind in _JSON:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if kind is tuple:
            return [self.encode(item, where) for item in value]
        if isinstance(value, Expr):
            return {"expr": self._text(value)}
        if isinstance(value, Bool):
            return {"fact": self._text(value)}
        if kind.__name__ in RECORDS and RECORDS[kind.__name__] is kind:
            return {kind.__name__: self._record(value, where)}
        if isinstance(value, fx.Node):
            return {"node": value.name}
        if isinstance(value, Origin):
            return {"origin": self._origin(value)}
        return self._container(value, where)

    def _container(self, value: Any, where: str) -> Any:
        # Of torch.fx: immutable lists and dicts are lists and dicts.
        kind = type(value)
        if kind is list or kind is fx.immutable_collections.immutable_list:
            return {"list": [self.encode(item, where) for item in value]}
        if kind in (dict, fx.immutable_collections.immutable_dict, MappingProxyType):
            return {"dict": self._pairs(value, where)}
        if isinstance(value, Range):
            return {"range": [self.encode(value.lo, where), self.encode(value.hi, where)]}
        if isinstance(value, fx.Graph):
            return {"graph": self._graph(value, where)}
        if isinstance(value, fx.GraphModule):
            return {
                "module": [self._graph(value.graph, where), self._pairs(dict(value.named_children()), where)]
            }
        if isinstance(value, inspect.Signature):
            return {"signature": [self._parameter(each, where) for each in value.parameters.values()]}
        if isinstance(value, (OpOverload, HigherOrderOperator)):
            return {"operator": self._operator(value)}
        if isinstance(value, torch.Tensor):
            return {"tensor": self._tensors.number_of(value, where)}
        return self._plain(value, where)

    def _plain(self, value: Any, where: str) -> Any:
        kind = type(value)
        if kind is torch.Size:
            return {"size": list(value)}
        if kind in _TORCH_NAMES:
            return {"torch": str(value).removeprefix("torch.")}
        if kind is torch.device:
            return {"device": str(value)}
        if kind in (set, frozenset):
            return {kind.__name__: sorted((self.encode(item, where) for item in value), key=json.dumps)}
        if kind is slice:
            return {"slice": [self.encode(part, where) for part in (value.start, value.stop, value.step)]}
        if kind is range:
            return {"python_range": [value.start, value.stop, value.step]}
        if kind is complex:
            return {"complex": [self.encode(part, where) for part in (value.real, value.imag)]}
        if kind is bytes:
            return {"bytes": value.hex()}
        if value is ...:
            return {"ellipsis": None}
        if kind is Dim:
            sizes = {name: self.encode(found, where) for name, found in value.sizes.items()}
            return {"dim": [self._text(value.expr), sizes]}
        if kind in _ENUM_NAMES:
            return {"enum": [_ENUM_NAMES[kind], value.name]}
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind != "O":
            return {"numpy": [value.dtype.str, value.tobytes().hex()]}
        return self._named_or_object(value, where)

    def _named_or_object(self, value: Any, where: str) -> Any:
        """Write a class, function or enum member by its name, any other object by its attributes."""
        named = isinstance(value, (type, Enum)) or inspect.isroutine(value)
        name = name_of(value) if named else None
        if name is not None:
            return {"named": name}
        if not named:
            try:
                flat = flatten(value)
            except FullgraphError as error:
                raise _refusal(where, f"a `{type(value).__name__}` in it", error.why) from None
            if not isinstance(flat.tree, Leaf):
                return {"object": [self.encode(flat.tree, where), self.encode(tuple(flat.leaves), where)]}
        what = (
            f"`{value.__qualname__}`"
            if named and hasattr(value, "__qualname__")
            else f"a `{type(value).__name__}`"
        )
        raise _refusal(where, what, "It cannot be found again by the name of its module and its own name.")

    def _record(self, value: Any, where: str) -> dict[str, Any]:
        fields = dataclasses.fields(value)
        left_out = {"value"} if isinstance(value, Constant) else DERIVED.get(type(value), frozenset())
        if isinstance(value, Container) and not can_be_made(value.kind, value.type, value.context):
            raise _refusal(
                where,
                f"a `{value.type.__name__}`",
                "It has a destructor, or a default factory that is no class.",
            )
        found = {
            field.name: self.encode(getattr(value, field.name), self._place(value, field.name, where))
            for field in fields
            if field.name not in left_out
        }
        if isinstance(value, Constant):
            found["value"] = self._constant(value.value, where)
        return found

    @staticmethod
    def _place(record: Any, field: str, where: str) -> str:
        path = getattr(record, "path", None)
        return f"argument `{path}`" if isinstance(path, str) else (_PLACES.get(field) or where)

    def _constant(self, value: Any, where: str) -> Any:
        """Write a constant that the contract lists; nothing reads it, so its text will do."""
        try:
            return self.encode(value, where)
        except ArtifactError:
            return {"shown": repr(value)}

    def _pairs(self, value: Mapping[Any, Any], where: str) -> list[Any]:
        return [[self.encode(key, where), self.encode(item, where)] for key, item in value.items()]

    def _parameter(self, parameter: inspect.Parameter, where: str) -> list[Any]:
        kind = parameter.kind.name
        if parameter.default is inspect.Parameter.empty:
            return [parameter.name, kind]
        return [parameter.name, kind, self.encode(parameter.default, f"the default of `{parameter.name}`")]

    def _text(self, what: Expr | Bool) -> Any:
        known = self._texts.get(what)
        if known is None:
            known = self._texts[what] = write_size(what)
        return known

    def _origin(self, origin: Origin) -> int:
        key = origin.identity
        known = self._origin_numbers.get(key)
        if known is None:
            self._kept.append(origin)
            row = [self._place_number(place) for place in origin.as_text]
            known = self._origin_numbers[key] = len(self.origins)
            self.origins.append(row)
        return known

    def _place_number(self, place: PlaceText) -> int:
        known = self._place_numbers.get(place)
        if known is None:
            known = self._place_numbers[place] = len(self.places)
            self.places.append(list(dataclasses.astuple(place)))
        return known

    def _graph(self, graph: fx.Graph, where: str) -> list[Any]:
        return [self._node(node, where) for node in graph.nodes]

    def _node(self, node: fx.Node, where: str) -> list[Any]:
        target: Any = node.target
        if node.op == "call_function":
            target = self._operator(target)
        meta = {key: self._meta(key, node.meta[key], where) for key in _META if key in node.meta}
        here = f"an argument of `{node.name}`"
        return [
            node.name,
            node.op,
            target,
            self.encode(node.args, here),
            self._pairs(node.kwargs, here),
            meta,
        ]

    def _operator(self, target: Any) -> str:
        name = operator_name(target)
        self.operators.setdefault(name, schema_of(target))
        return name

    def _meta(self, key: str, value: Any, where: str) -> Any:
        if key != "nn_module_stack":
            return self.encode(value, where)
        known = self._stack_numbers.get(id(value))
        if known is None:
            self._kept.append(value)
            known = self._stack_numbers[id(value)] = len(self.stacks)
            self.stacks.append([[name, path, kind] for name, (path, kind) in value.items()])
        return known


_PLACES = {"output_tree": "the output", "output_leaves": "the output", "argument_state": "a changed argument"}


def _refusal(where: str, what: str, why: str) -> ArtifactError:
    return ArtifactError(
        f"The program cannot be saved: {where} has {what}.",
        why=why,
        instead="Use a class or function at the top level of a module, or tensors, numbers, lists and dicts.",
    )
