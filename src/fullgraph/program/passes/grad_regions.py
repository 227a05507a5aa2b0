"""Make `no_grad` and `enable_grad` regions of the program visible in the graph.

The trace marks each operator recorded under another grad mode than the program was called in. Neighbours with the
same mark become one subgraph, called by PyTorch's own `wrap_with_set_grad_enabled(enabled, subgraph, *operands)`.
Sizes and subgraph references between them join when they depend on the region, and stay outside otherwise.

Invariant: what is computed stays the same, value by value and in order; only where it stands changes.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from fullgraph.program.forward import SET_GRAD
from fullgraph.program.verify import computes_sizes

_MARK = "grad_enabled"


@dataclass
class Region:
    """Neighbouring nodes under one grad mode, in order."""

    enabled: bool
    nodes: list[fx.Node] = field(default_factory=list)


def group_grad_regions(graph: fx.Graph, modules: dict[str, torch.nn.Module]) -> None:
    """Replace each region by a call of a subgraph, in place.

    Args:
        graph: a graph with its output, whose nodes may be marked with `meta["grad_enabled"]`.
        modules: its subgraphs; those of the regions are added.
    """
    for number, region in enumerate(find_regions(graph)):
        _outline(graph, modules, region, f"grad_region_{number}")


def find_regions(graph: fx.Graph) -> list[Region]:
    """Return the regions of a graph, in order."""
    regions: list[Region] = []
    region: Region | None = None
    inside: set[fx.Node] = set()
    pending: list[
        fx.Node
    ] = []  # sizes met since the last node of the region; they join if another node follows
    for node in graph.nodes:
        enabled = node.meta.get(_MARK)
        if node.op == "call_function" and enabled is not None:
            if region is None or region.enabled != enabled:
                region, inside = Region(enabled), set()
                regions.append(region)
            else:
                region.nodes += pending
            pending = []
            region.nodes.append(node)
            inside.add(node)
        elif region is not None and _is_neutral(node):
            if any(argument in inside for argument in node.all_input_nodes):
                pending.append(node)
                inside.add(node)
        else:
            region, pending = None, []
    return regions


def _is_neutral(node: fx.Node) -> bool:
    return node.op == "get_attr" or (node.op == "call_function" and computes_sizes(node.target))


def _outline(graph: fx.Graph, modules: dict[str, torch.nn.Module], region: Region, name: str) -> None:
    """Move a region into a subgraph called `name`."""
    inside = set(region.nodes)
    # A reference to a subgraph moves in with its users; everything else from before comes in as an operand.
    outer = dict.fromkeys(a for node in region.nodes for a in node.all_input_nodes if a not in inside)
    operands = [node for node in outer if node.op != "get_attr"]
    references = [node for node in outer if node.op == "get_attr"]
    results = [node for node in region.nodes if any(user not in inside for user in node.users)]
    modules[name] = _subgraph(region.nodes, operands, results, references, modules)
    last = region.nodes[-1]
    with graph.inserting_after(last):
        call = graph.call_function(SET_GRAD, ())
    with graph.inserting_before(call):
        body = graph.get_attr(name)
    call.args = (region.enabled, body, *operands)
    call.meta = {**_place(last), "val": tuple(node.meta.get("val") for node in results)}
    body.meta = _place(last)
    _take_results(graph, call, results, inside)
    for node in reversed(region.nodes):
        graph.erase_node(node)
    for node in references:
        if not node.users:
            graph.erase_node(node)


def _subgraph(
    nodes: list[fx.Node],
    operands: list[fx.Node],
    results: list[fx.Node],
    references: list[fx.Node],
    modules: Mapping[str, torch.nn.Module],
) -> fx.GraphModule:
    graph = fx.Graph()
    inner: dict[fx.Node, fx.Node] = {}
    for node in operands:
        inner[node] = graph.placeholder(node.name)
        inner[node].meta = dict(node.meta)
    attributes: dict[str, Any] = {}
    for node in [*references, *nodes]:
        inner[node] = graph.node_copy(node, inner.__getitem__)
        inner[node].meta = {key: value for key, value in node.meta.items() if key != _MARK}
        if node.op == "get_attr":
            attributes[str(node.target)] = modules[str(node.target)]
    graph.output(tuple(inner[node] for node in results))
    return fx.GraphModule(attributes, graph, "GraphModule")


def _take_results(graph: fx.Graph, call: fx.Node, results: list[fx.Node], inside: set[fx.Node]) -> None:
    after = call
    for index, node in enumerate(results):
        with graph.inserting_after(after):
            item = graph.call_function(operator.getitem, (call, index))
        item.meta = {key: value for key, value in node.meta.items() if key != _MARK}
        node.replace_all_uses_with(item, delete_user_cb=lambda user: user not in inside)
        after = item


def _place(node: fx.Node) -> dict[str, Any]:
    return {key: node.meta[key] for key in ("origin", "nn_module_stack") if key in node.meta}
