"""The printed form of a program: the graph as code with the shape of each value, signature, symbols, contract.

The code is what `torch.fx` generates and runs (dead values cleared with `; x = None`); only the annotations are added:
`f32[batch, 2]` for a tensor, `Sym(batch + 1)` for a size, and a comment where the user's line changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import fx

from fullgraph.program.parts import ProgramParts
from fullgraph.symbolic import Bool, Expr, render

if TYPE_CHECKING:
    from fullgraph.contract import Contract

_ABBREVIATIONS: Final = {
    torch.float64: "f64",
    torch.float32: "f32",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.complex128: "c128",
    torch.complex64: "c64",
    torch.complex32: "c32",
    torch.int64: "i64",
    torch.int32: "i32",
    torch.int16: "i16",
    torch.int8: "i8",
    torch.uint64: "u64",
    torch.uint32: "u32",
    torch.uint16: "u16",
    torch.uint8: "u8",
    torch.bool: "b8",
}
_STATEMENT: Final = re.compile(r"    (\w+) = ")


@dataclass(frozen=True)
class RangeConstraint:
    """The sizes that a symbol may take, both ends included.

    Args:
        min_val: the smallest one.
        max_val: the largest one; `math.inf`, printed as `oo`, when there is none.
    """

    min_val: float
    max_val: float

    def __repr__(self) -> str:
        return f"RangeConstraint(min_val={_bound(self.min_val)}, max_val={_bound(self.max_val)})"


class SymbolName(str):
    """The name of a symbol as a key: compares as text and prints without quotes, as on torch's own pages."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def range_constraints(contract: Contract) -> dict[str, RangeConstraint]:
    """Return the range of each symbol of a contract, by the symbol's name."""
    return {
        SymbolName(render(symbol)): RangeConstraint(found.lo, found.hi)
        for symbol, found in contract.ranges.items()
    }


def render_program(parts: ProgramParts) -> str:
    """Return the printed form of a program."""
    sections = [
        f"ExportedProgram:\n{_indent(render_code(parts.graph, parts.modules))}\n",
        f"Graph signature: {parts.signature}",
        f"Symbol to range: {render_ranges(range_constraints(parts.contract))}",
        f"Contract:\n{_indent(str(parts.contract))}",
    ]
    return "\n".join(sections) + "\n"


def render_ranges(ranges: Mapping[str, RangeConstraint]) -> str:
    """Return `{s0: RangeConstraint(min_val=0, max_val=oo)}`."""
    return "{" + ", ".join(f"{name}: {found!r}" for name, found in ranges.items()) + "}"


def render_code(graph: fx.Graph, modules: Mapping[str, torch.nn.Module]) -> str:
    """Return the code of a graph as a class, with the classes of its subgraphs inside."""
    nodes = {node.name: node for node in graph.nodes}
    code = graph.python_code("self").src.strip("\n").split("\n")
    start = next(index for index, line in enumerate(code) if line.startswith("def "))
    lines = [_definition(graph), *_body(code[start + 1 :], nodes)]
    children = [
        render_code(module.graph, dict(module.named_children()))
        for name, module in modules.items()
        if isinstance(module, fx.GraphModule) and _is_used(graph, name)
    ]
    return "\n\n".join(
        [
            "class GraphModule(torch.nn.Module):\n" + _indent("\n".join(lines)),
            *(_indent(child) for child in children),
        ]
    )


def annotation(node: fx.Node) -> str:
    """Return `f32[s0, 2]` for a tensor, `Sym(s0 + 1)` for a size, nothing for what is known at export."""
    return _annotation_of(node.meta.get("val"))


def _annotation_of(value: Any) -> str:
    if isinstance(value, (Expr, Bool)):
        return "" if value.is_const else f"Sym({render(value)})"
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(map(_annotation_of, value)) + ("," if len(value) == 1 else "") + ")"
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return ""
    sizes = ", ".join(render(size) if isinstance(size, Expr) else str(size) for size in value.shape)
    return f"{_ABBREVIATIONS.get(dtype, str(dtype).removeprefix('torch.'))}[{sizes}]"


def _definition(graph: fx.Graph) -> str:
    inputs = [_annotated(node.name, node) for node in graph.nodes if node.op == "placeholder"]
    one_line = f"def forward({', '.join(['self', *inputs])}):"
    if len(one_line) <= 100:
        return one_line
    return "\n".join(["def forward(", "    self,", *(f"    {each}," for each in inputs), "):"])


def _annotated(name: str, node: fx.Node) -> str:
    text = annotation(node)
    return f"{name}: {text}" if text else name


def _body(code: list[str], nodes: Mapping[str, fx.Node]) -> Iterator[str]:
    """Yield the statements, annotated, with a comment where the user's line changes."""
    last = ""
    for line in code:
        statement = _STATEMENT.match(line)
        node = nodes.get(statement[1]) if statement is not None else None
        if statement is None or node is None:
            yield line
            continue
        comment = _comment(node)
        if comment and comment != last:
            yield f"    # {comment}"
            last = comment
        rest = (
            line[statement.end() :] if node.users else _without_clearing(line[statement.end() :], node.name)
        )
        yield f"    {_annotated(node.name, node)} = {rest}"


def _without_clearing(rest: str, name: str) -> str:
    """Drop `name = None` for a value that nobody reads: it says nothing."""
    call, sign, cleared = rest.rpartition(";  ")
    names = [each for each in cleared.removesuffix(" = None").split(" = ") if each != name]
    return f"{call}{sign}{' = '.join(names)} = None" if names else call


def _comment(node: fx.Node) -> str:
    origin = node.meta.get("origin")
    if origin is None or not origin.known:
        return ""
    text = origin.text.rpartition("\n")[2].strip()
    return f"{origin} in {origin.function}: {text}" if text else f"{origin} in {origin.function}"


def _is_used(graph: fx.Graph, name: str) -> bool:
    return any(True for _ in graph.find_nodes(op="get_attr", target=name))


def _bound(value: float) -> str:
    if value == math.inf:
        return "oo"
    return "-oo" if value == -math.inf else str(value)


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" if line.strip() else "" for line in text.rstrip().split("\n"))
