"""From JSON to the values of a program: the mirror of `encode.py`.

Invariant: nothing that the document names is called. A class is looked up among the modules that are imported, an
object is made without its class's `__init__`, and a record takes only what its annotations say.
"""

from __future__ import annotations

import dataclasses
import inspect
import keyword
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import fx

from fullgraph.artifact.format import DERIVED, ENUMS, RECORDS, Shown
from fullgraph.artifact.names import find
from fullgraph.artifact.schema import conforms, field_types
from fullgraph.artifact.sizes import read_size
from fullgraph.contract import Dim, Sizes
from fullgraph.source import Origin, PlaceText
from fullgraph.symbolic import Bool, Expr, Range
from fullgraph.tracing import Container, can_be_made, unflatten

_OPS: Final = frozenset({"placeholder", "get_attr", "call_function", "output"})
_TORCH_NAMES: Final = (torch.dtype, torch.layout, torch.memory_format)


class Decoder:
    """Reads values.

    Args:
        operators: the functions that graphs call, by name.
        tensors: the tensors of the document.
        places: its table of lines.
        origins: its table of call paths.
        stacks: its table of module stacks.
    """

    def __init__(
        self,
        operators: Mapping[str, Any],
        tensors: Sequence[torch.Tensor],
        places: Sequence[Any],
        origins: Sequence[Any],
        stacks: Sequence[Any],
    ) -> None:
        self._operators = operators
        self._tensors = tensors
        lines = [PlaceText(*place) for place in places]
        self._origins = [Origin(tuple(lines[number] for number in row)) for row in origins]
        self._stacks = [
            MappingProxyType({name: (path, kind) for name, path, kind in stack}) for stack in stacks
        ]
        self._texts: dict[str, Any] = {}
        self._nodes: dict[str, fx.Node] = {}
        self._readers: dict[str, Callable[[Any], Any]] = {
            "bytes": bytes.fromhex,
            "complex": lambda parts: complex(*map(self.decode, parts)),
            "device": torch.device,
            "dict": lambda pairs: {self.decode(key): self.decode(item) for key, item in pairs},
            "dim": self._dim,
            "ellipsis": lambda _: ...,
            "enum": lambda names: ENUMS[names[0]][names[1]],
            "expr": self._expression,
            "fact": self._fact,
            "float": float,
            "frozenset": lambda items: frozenset(map(self.decode, items)),
            "graph": self._graph,
            "list": lambda items: [self.decode(item) for item in items],
            "module": self._module,
            "named": self._named,
            "node": lambda name: self._nodes[name],
            "numpy": _numpy,
            "object": self._object,
            "operator": lambda name: self._operators[name],
            "origin": lambda number: self._origins[number],
            "python_range": lambda ends: range(*ends),
            "range": self._range,
            "set": lambda items: set(map(self.decode, items)),
            "shown": Shown,
            "signature": self._signature,
            "size": torch.Size,
            "slice": lambda parts: slice(*map(self.decode, parts)),
            "tensor": lambda number: self._tensors[number],
            "torch": _of_torch,
        }

    def decode(self, value: Any) -> Any:
        """Return the value that JSON stands for.

        Raises:
            ArtifactError: a class or function is not to be found.
            ValueError: the document is damaged; so do KeyError, IndexError, TypeError and AttributeError.
        """
        if isinstance(value, list):
            return tuple(map(self.decode, value))
        if not isinstance(value, dict):
            return value
        ((tag, content),) = value.items()
        reader = self._readers.get(tag)
        return self.record(RECORDS[tag], content) if reader is None else reader(content)

    def record(self, kind: type, content: Mapping[str, Any], **derived: Any) -> Any:
        """Return a record whose fields are of the types that it declares."""
        types = field_types(kind)
        fields = {name: self.decode(item) for name, item in content.items()}
        unknown = fields.keys() - {field.name for field in dataclasses.fields(kind)}
        if unknown or fields.keys() & DERIVED.get(kind, frozenset()):
            raise ValueError(f"`{kind.__name__}` has no field {', '.join(sorted(unknown))}")
        for name, item in fields.items():
            if not conforms(item, types[name]):
                raise ValueError(f"`{kind.__name__}.{name}` cannot be {item!r}")
        made = kind(**fields, **derived)
        if isinstance(made, Container) and not can_be_made(made.kind, made.type, made.context):
            raise ValueError(f"`{made.type.__name__}` is no {made.kind.name.lower()}")
        return made

    def _text(self, content: Any) -> Any:
        key = content if isinstance(content, str) else repr(content)
        if key not in self._texts:
            self._texts[key] = read_size(content)
        return self._texts[key]

    def _expression(self, content: Any) -> Expr:
        found = self._text(content)
        if not isinstance(found, Expr):
            raise TypeError(f"{content!r} is no size")
        return found

    def _fact(self, content: Any) -> Bool:
        found = self._text(content)
        if not isinstance(found, Bool):
            raise TypeError(f"{content!r} is no condition")
        return found

    def _dim(self, content: Any) -> Dim:
        text, sizes = content
        found = {name: self.decode(item) for name, item in sizes.items()}
        if not conforms(found, dict[str, Sizes]):
            raise TypeError("a dim has sizes that are none")
        return Dim.of(self._expression(text), found)

    def _range(self, content: Any) -> Range:
        lo, hi = map(self.decode, content)
        if not all(type(end) is int or end in (-math.inf, math.inf) for end in (lo, hi)):
            raise TypeError(f"{content!r} is no range")
        return Range(lo, hi)

    @staticmethod
    def _named(name: str) -> Any:
        found = find(name)
        if not (isinstance(found, (type, Enum)) or inspect.isroutine(found)):
            raise TypeError(f"`{name}` is neither a class nor a function")
        return found

    def _object(self, content: Any) -> Any:
        tree, leaves = map(self.decode, content)
        return unflatten(tree, leaves).value

    def _signature(self, parameters: Any) -> inspect.Signature:
        def read(name: str, kind: str, *default: Any) -> inspect.Parameter:
            kinds: Any = ENUMS["ParameterKind"]
            value = self.decode(default[0]) if default else inspect.Parameter.empty
            return inspect.Parameter(name, kinds[kind], default=value)

        return inspect.Signature([read(*each) for each in parameters])

    def _module(self, content: Any) -> fx.GraphModule:
        nodes, children = content
        root = torch.nn.Module()
        for name, child in children:
            _require_name(name)
            root.add_module(name, self.decode(child))
        return fx.GraphModule(root, self._graph(nodes))

    def _graph(self, rows: Any) -> fx.Graph:
        """Return a graph. Names get into generated code, so they must be names."""
        outer, self._nodes = self._nodes, {}
        graph = fx.Graph()
        for name, op, target, args, kwargs, meta in rows:
            _require_name(name)
            if op not in _OPS:
                raise ValueError(f"a graph has no {op!r}")
            if op != "call_function":
                _require_name(target)
            function = self._operators[target] if op == "call_function" else target
            arguments = self.decode(args), {key: self.decode(item) for key, item in kwargs}
            if not all(isinstance(key, str) and key.isidentifier() for key in arguments[1]):
                raise ValueError(f"the arguments of {name!r} have no names")
            node = graph.create_node(op, function, *arguments, name=name)
            if node.name != name:
                raise ValueError(f"two nodes are called {name!r}")
            for key, item in meta.items():
                node.meta[key] = self._stacks[item] if key == "nn_module_stack" else self.decode(item)
            self._nodes[name] = node
        self._nodes = outer
        return graph


def _require_name(name: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is no name")


def _of_torch(name: str) -> Any:
    found = getattr(torch, name)
    if not isinstance(found, _TORCH_NAMES):
        raise TypeError(f"torch.{name} is no dtype, layout or memory format")
    return found


def _numpy(content: Any) -> Any:
    dtype, data = content
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        raise ValueError("the program has a number of numpy, which is not imported")
    if numpy.dtype(dtype).hasobject:
        raise TypeError(f"{dtype!r} is no dtype of numbers")
    return numpy.frombuffer(bytes.fromhex(data), dtype=dtype)[0]
