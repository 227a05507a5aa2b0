"""Put the contract on sizes into the graph, for runtimes that take only a graph.

The size of each dim of each user input is read (`sym_size`), compared, made a tensor (`scalar_tensor`) and asserted
(`_assert_async`). A static dim must have its size, a symbol must lie in its range, and every other assumption on sizes
must hold. Dtypes, devices and Python values are not asserted: a graph has no operator for most of them.

Invariant: the original parts stay as they are; the graph is copied, its nodes keep their names.
"""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import fx

from fullgraph.contract import DimSpec, InputContract, TensorSpec
from fullgraph.program.parts import ProgramParts
from fullgraph.symbolic import Bool, Expr, eq, lower, mul, or_, render, scalar_of, substitute

_SIZE = torch.ops.aten.sym_size.int
_SCALAR_TENSOR = torch.ops.aten.scalar_tensor.default
_ASSERT = torch.ops.aten._assert_async.msg


def add_runtime_assertions(parts: ProgramParts) -> ProgramParts:
    """Return a program whose graph asserts what its contract says of sizes."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    returned = graph.graph_copy(parts.graph, copies)
    graph.output(returned)
    _Assertions(graph, parts).add()
    return dataclasses.replace(parts, graph=graph)


class _Assertions:
    """Adds the assertions of one program, right after the placeholders."""

    def __init__(self, graph: fx.Graph, parts: ProgramParts) -> None:
        self.graph = graph
        self.parts = parts
        self.sizes: dict[tuple[int, int], fx.Node] = {}  # by leaf and dim
        self.scalars: list[tuple[InputContract, fx.Node]] = []
        self.known: dict[Expr | Bool, Any] = {}
        self.placeholders = list(graph.find_nodes(op="placeholder"))

    def add(self) -> None:
        """Add them all."""
        body = next(node for node in self.graph.nodes if node.op != "placeholder")
        with self.graph.inserting_before(body):
            self._read_sizes()
            computed = list(self._compute_symbols())
            for leaf, dim in reversed(self.sizes):
                self._assert_size(leaf, dim)
            for accepted, node in self.scalars:
                self._assert_scalar(accepted, node)
            for spec, node in computed:
                kind = "Input" if spec.text == str(spec.binding.source) else "Dim"
                least = 0 if spec.is_size else -math.inf
                self._assert_range(node, spec.symbol, f"{kind} {spec.text}", least)
            for fact, text in self._facts():
                if all(symbol in self.known for symbol in fact.symbols):
                    self._assert(self._compute(fact), text)

    def _read_sizes(self) -> None:
        for node, entry in zip(self.placeholders, self.parts.graph_inputs):
            if entry.leaf is None:
                continue
            accepted = self.parts.contract.inputs[entry.leaf]
            if accepted.scalar is not None:
                self._know_scalar(accepted, node)
            for dim, size in enumerate(accepted.dims or ()):
                read = self._node(_SIZE, (node, dim), size)
                self.sizes[entry.leaf, dim] = read
                if isinstance(size, Expr) and size.kind == "symbol":
                    self.known.setdefault(size, read)

    def _compute_symbols(self) -> Iterator[tuple[DimSpec, fx.Node]]:
        """Compute the symbols that no input has as its size: `h` from a size that is `2*h + 1`, and solved ones.

        That the size is of this form is asserted where the size is compared with it.
        """
        contract = self.parts.contract
        scalars = {accepted.path: node for accepted, node in self.scalars}
        unknown = {symbol: spec for symbol, spec in contract.symbols.items() if symbol not in self.known}
        for symbol, spec in unknown.items():
            source, factor = spec.binding.source, spec.binding.factor
            read = (
                scalars.get(source.path) if source.dim is None else self.sizes.get((source.leaf, source.dim))
            )
            solved = contract.solutions.get(symbol)
            rest = substitute(spec.binding.rest, contract.solutions)
            needed = rest if solved is None else solved
            if read is None or not all(s in self.known for s in needed.symbols):
                continue
            if solved is None:
                if not (rest.is_const and rest.value == 0):
                    read = self._node(operator.sub, (read, self._compute(rest)), mul(factor, symbol))
                if factor != 1:
                    read = self._node(operator.floordiv, (read, factor), symbol)
                self.known[symbol] = read
                yield spec, read
            elif spec.sort is int and not solved.is_const:
                yield spec, self._compute(solved)

    def _know_scalar(self, accepted: InputContract, node: fx.Node) -> None:
        assert accepted.scalar is not None
        self.scalars.append((accepted, node))
        if accepted.sort is bool and not accepted.scalar.is_const:
            self.known.setdefault(scalar_of(accepted.scalar), node)
            self.known.setdefault(accepted.scalar, self._node(torch.sym_ite, (node, 1, 0), accepted.scalar))
        elif accepted.scalar.kind == "symbol":
            self.known.setdefault(accepted.scalar, node)

    def _assert_scalar(self, accepted: InputContract, node: fx.Node) -> None:
        """Assert the range of a number that gives its symbol the value, of any other that it is what it has to be."""
        scalar, name = accepted.scalar, f"Input {accepted.path}"
        assert scalar is not None
        if scalar.is_const:
            value = accepted.sort(scalar.value)
            self._assert(self._node(operator.eq, (node, value)), f"{name} is specialized at {value}")
        elif node is self.known.get(scalar_of(scalar) if accepted.sort is bool else scalar):
            if accepted.sort is int:
                self._assert_range(node, scalar, name, least=-math.inf)
        elif all(symbol in self.known for symbol in scalar.symbols):
            known = self.known[scalar_of(scalar)] if accepted.sort is bool else self._compute(scalar)
            text = f"{name} is not {render(scalar, self.parts.contract.names)}"
            self._assert(self._node(operator.eq, (node, known)), text)

    def _assert_size(self, leaf: int, dim: int) -> None:
        read = self.sizes[leaf, dim]
        accepted = self.parts.contract.inputs[leaf]
        size = (accepted.dims or ())[dim]
        name = f"Input {accepted.path}.shape[{dim}]"
        if not isinstance(size, Expr):
            self._assert(self._node(operator.eq, (read, size)), f"{name} is specialized at {size}")
        elif self.known.get(size) is read:
            self._assert_range(read, size, name)
        elif all(symbol in self.known for symbol in size.symbols):
            self._assert(
                self._node(operator.eq, (read, self._compute(size))),
                f"{name} is not {render(size, self.parts.contract.names)}",
            )

    def _assert_range(self, read: fx.Node, symbol: Expr, name: str, least: float = 0) -> None:
        """Assert the range that the user declared; what narrows it further is among the facts.

        Nothing need be said of a lower bound that is `least`: no size is below 0.
        """
        declared = self.parts.contract.symbols.get(symbol)
        if declared is None:
            return
        if declared.sizes.values is not None:
            known = symbol if symbol in self.known else self.parts.contract.solutions[symbol]
            one_of = or_(*(eq(known, value) for value in declared.sizes.values))
            self._assert(self._compute(one_of), f"{name} is not one of {sorted(declared.sizes.values)}")
            return
        low, high = declared.range.lo, declared.range.hi
        text = f"{name} is outside of specified dynamic range [{low}, {'oo' if high == math.inf else high}]"
        if low > least:
            self._assert(self._node(operator.ge, (read, low)), text)
        if high != math.inf:
            self._assert(self._node(operator.le, (read, high)), text)

    def _facts(self) -> Iterator[tuple[Bool, str]]:
        for assumption in self.parts.contract.assumptions:
            if isinstance(assumption.fact, Bool):
                origin = assumption.origin
                place = f"  ({origin}: {origin.segment})" if origin is not None and origin.known else ""
                yield assumption.fact, f"{render(assumption.fact, self.parts.contract.names)}{place}"

    def _assert(self, condition: Any, text: str) -> None:
        made = self._node(_SCALAR_TENSOR, (condition,))
        made.meta["val"] = TensorSpec((), torch.get_default_dtype())
        self.graph.call_function(_ASSERT, (made, text))

    def _compute(self, what: Any) -> Any:
        """Return the node that computes an expression or condition; a plain number for a constant."""
        if not isinstance(what, (Expr, Bool)):
            return what
        if what.is_const:
            return what.value
        if what not in self.known:
            function, operands = lower(what)
            self.known[what] = self._node(function, tuple(map(self._compute, operands)), what)
        return self.known[what]

    def _node(self, function: Callable[..., Any], args: tuple[Any, ...], value: Any = None) -> fx.Node:
        node = self.graph.call_function(function, args)
        if isinstance(value, (Expr, Bool)):
            node.meta["val"] = value
        return node
