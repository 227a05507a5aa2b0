"""Sizes as nodes: the graph code that computes a symbolic expression, made when an operator first needs it.

Symbols are not traced. An expression carries no history: it is canonical, and `SizeNodes.node` writes the code for
it (`sym_size.int` on an input, then `operator.add`, `torch.sym_max`, ...) once for each distinct expression.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from fullgraph.symbolic import Bool, Expr, add, lower, mul
from fullgraph.tracing.traced import Size

MakeNode = Callable[[Callable[..., Any], tuple[Any, ...], Any], fx.Node]


class SizeNodes:
    """The nodes of one graph that compute sizes.

    Args:
        make: adds a node to the graph: `make(function, arguments, expression)`.
        missing: gives the node for a symbol that the graph itself cannot compute.
    """

    def __init__(self, make: MakeNode, missing: Callable[[Expr], fx.Node]) -> None:
        self._make = make
        self._missing = missing
        self._nodes: dict[Expr | Bool, Any] = {}
        self._sources: dict[Expr, Callable[[], fx.Node]] = {}

    def read_from(
        self, symbol: Expr, value: fx.Node, dim: int | None, factor: int = 1, rest: Expr | None = None
    ) -> None:
        """Say that a value is `factor * symbol + rest`; the first to say so is used.

        Args:
            symbol: the symbol.
            value: a tensor, or a number that is an input itself.
            dim: which size of the tensor it is; None for a number.
            factor: how often the symbol is in it.
            rest: what else is in it.
        """
        multiple = mul(factor, symbol)
        offset = None if rest is None or (rest.is_const and rest.value == 0) else rest

        def read() -> fx.Node:
            size = value
            if dim is not None:
                whole = multiple if offset is None else add(multiple, offset)
                size = self._make(torch.ops.aten.sym_size.int, (value, dim), whole)
            if offset is not None:
                size = self._make(operator.sub, (size, self.node(offset)), multiple)
            return size if factor == 1 else self._make(operator.floordiv, (size, factor), symbol)

        self._sources.setdefault(symbol, read)

    def computed_by(self, symbol: Expr | Bool, node: fx.Node) -> None:
        """Say that `symbol` is what `node` returns (a dynamic scalar input, `item()`).

        Of a truth value the condition is given; the symbol in it is 1 where the condition holds.
        """
        self._nodes[symbol] = node
        if isinstance(symbol, Bool):
            (number,) = symbol.symbols
            self._sources[number] = lambda: self._make(torch.sym_ite, (node, 1, 0), number)

    def knows(self, symbol: Expr) -> bool:
        """Whether the graph itself can compute a symbol."""
        return symbol in self._nodes or symbol in self._sources

    def node(self, expr: Size | Bool | float) -> Any:
        """Return the node that computes `expr`; a plain number for a constant."""
        if not isinstance(expr, (Expr, Bool)):
            return expr
        known = self._nodes.get(expr)
        if known is not None:
            return known
        if isinstance(expr, Expr) and expr.is_const:
            return expr.value
        source = self._sources.get(expr) if isinstance(expr, Expr) else None
        if source is not None:
            made = source()
        elif expr.kind == "symbol":
            made = self._missing(expr)  # type: ignore[arg-type]
        else:
            function, operands = lower(expr)
            made = self._make(function, tuple(self.node(operand) for operand in operands), expr)
        self._nodes[expr] = made
        return made
