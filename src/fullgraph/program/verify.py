"""What a legal program is: its graph, and its contract (`contract.legal`).

A program's graph is pure, connected and self-contained:

* it is made of placeholders, operators, subgraphs (`get_attr`) and one output; each node uses only earlier ones;
* operators are `OpOverload`s that write nothing, higher-order operators, and Python's own functions on sizes;
* every tensor comes in by a placeholder: no argument is a tensor, and nothing of the trace (a traced tensor, a
  symbolic integer, a string that shows one) is left anywhere;
* placeholders and returned values are those that the signature describes; a written tensor keeps shape and dtype.

Run after each export and after each pass in tests. A graph that breaks a rule means that a subclass, a hook or a mode
did something behind the recorder's back, or that a pass of ours is wrong; either way nobody may run it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import torch
from torch import fx

from fullgraph.contract import verify_contract
from fullgraph.errors import Unsupported
from fullgraph.program.module import find_name_clash
from fullgraph.program.parts import ProgramParts
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing import (
    MARKER,
    HigherOrderOperator,
    OpOverload,
    OutputLeaf,
    OutputRole,
    TracedTensor,
    name_in_facts,
)

_SIZE_FUNCTIONS: Final = frozenset(map(id, (round, min, max, abs, int, float, bool)))
_SIZE_MODULES: Final = frozenset((operator.add.__module__, operator.__name__, math.__name__))
_SYMBOLIC: Final = (torch.SymInt, torch.SymFloat, torch.SymBool, Expr, Bool)
_PLAIN: Final = frozenset(
    {int, float, bool, complex, str, type(None), type(...), range}
    | {torch.dtype, torch.device, torch.layout, torch.memory_format}
)
_WRITES: Final = (OutputRole.BUFFER, OutputRole.PARAMETER, OutputRole.CONSTANT, OutputRole.INPUT)


def verify(parts: ProgramParts) -> None:
    """Check that the program's graph and contract are legal.

    Raises:
        Unsupported: it is not. The error names the user's line that the node came from.
    """
    verify_graph(parts.graph, parts.modules)
    _verify_inputs(parts)
    _verify_outputs(parts)
    _verify_tensors(parts)
    _verify_contract(parts)


def verify_graph(graph: fx.Graph, modules: Any) -> None:
    """Check the nodes of a graph, and of the subgraphs that it calls."""
    earlier: set[fx.Node] = set()
    outputs = 0
    for node in graph.nodes:
        if node.op == "call_function":
            _verify_target(node)
        elif node.op == "get_attr":
            _verify_subgraph(node, modules)
        elif node.op == "output":
            outputs += 1
        elif node.op == "placeholder":
            if node.args:
                _refuse(node, f"the placeholder `{node.name}` has a default")
        else:
            _refuse(node, f"a `{node.op}` node is in the graph", "Only operators may be called.")
        for argument in node.all_input_nodes:
            if argument not in earlier:
                _refuse(node, f"`{node.name}` uses `{argument.name}`, which is computed later or not at all")
        if node.op != "placeholder":
            _verify_arguments(node)
        earlier.add(node)
    if outputs != 1:
        raise Unsupported(
            "The graph returns nothing.", why=f"It has {outputs} output nodes and must have one."
        )


def _verify_target(node: fx.Node) -> None:
    target = node.target
    if isinstance(target, OpOverload):
        if target._schema.is_mutable:
            _refuse(
                node,
                f"the operator `{target}` writes to its arguments inside the graph",
                "Programs are pure; the trace should have recorded a pure operator and a write-back.",
            )
    elif not isinstance(target, HigherOrderOperator) and not computes_sizes(target):
        _refuse(
            node,
            f"the function `{getattr(target, '__name__', target)}` is in the graph",
            "It is no operator: what runs the graph elsewhere would not know it.",
            "Register it with torch.library.custom_op.",
            case="custom_operator",
        )


def computes_sizes(target: Any) -> bool:
    """Say whether a function is one of Python's or torch's on numbers, which graphs use for sizes."""
    if id(target) in _SIZE_FUNCTIONS:
        return True
    module, name = getattr(target, "__module__", None), getattr(target, "__name__", "")
    return module in _SIZE_MODULES or (module == torch.__name__ and name.lstrip("_").startswith("sym_"))


def _verify_subgraph(node: fx.Node, modules: Any) -> None:
    module = modules.get(node.target)
    if module is None:
        _refuse(node, f"the graph refers to `{node.target}`, which does not exist")
    if isinstance(module, fx.GraphModule):
        verify_graph(module.graph, dict(module.named_children()))


def _verify_arguments(node: fx.Node) -> None:
    for value in _leaves((node.args, node.kwargs)):
        if type(value) is str:
            if MARKER in value:
                _refuse(
                    node,
                    "text made of a traced tensor is an argument of an operator",
                    "The text shows what stood for the tensor at export, and would be the same at every call.",
                    "Do not make text of a tensor inside the program.",
                    case="text_of_tensor",
                )
        elif type(value) in _PLAIN or isinstance(value, fx.Node):
            continue
        elif isinstance(value, torch.Tensor):
            what = "a traced tensor" if is_stand_in(value) else "a tensor"
            _refuse(node, f"{what} is an argument of `{node.name}` instead of an input of the graph")
        elif isinstance(value, _SYMBOLIC):
            _refuse(node, f"the symbolic size `{value}` is an argument of `{node.name}` instead of a node")
        elif isinstance(value, torch.Generator):
            _refuse(
                node,
                f"a torch.Generator is an argument of `{node.name}`",
                "Its state is outside the graph: no graph can hold or save it.",
                "Draw without `generator=`, and call torch.manual_seed before calling the program.",
                case="random_generator",
            )
        elif node.op == "output" or computes_sizes(node.target):
            # An operator's own schema decides what else it takes (generators, script objects, a mode).
            _refuse(
                node, f"an argument of `{node.name}` is a `{type(value).__name__}`, which no graph can hold"
            )


def _verify_inputs(parts: ProgramParts) -> None:
    names = [node.name for node in parts.graph.nodes if node.op == "placeholder"]
    expected = [entry.node for entry in parts.graph_inputs]
    if names != expected:
        raise Unsupported(
            "The inputs of the graph are not those of its signature.",
            why=f"graph: {names}; signature: {expected}.",
        )
    lifted = [entry.leaf is None for entry in parts.graph_inputs]
    if lifted != sorted(lifted, reverse=True):
        raise Unsupported("The lifted tensors do not come before the user's inputs in the graph.")


def _verify_outputs(parts: ProgramParts) -> None:
    returned = parts.graph.output_node().args[0]
    if not isinstance(returned, (tuple, list)) or len(returned) != len(parts.graph_outputs):
        raise Unsupported("The graph does not return what its signature says.")
    nodes = {node.name: node for node in parts.graph.nodes}
    targets = {entry.target: nodes[entry.node] for entry in parts.graph_inputs}
    for value, entry in zip(returned, parts.graph_outputs):
        name = value.name if isinstance(value, fx.Node) else None
        if name != entry.node:
            raise Unsupported(f"The graph returns `{value}` where its signature says `{entry.node}`.")
        if entry.role in _WRITES:
            _verify_write(nodes[entry.node or ""], targets.get(entry.target or ""), entry.target)
    state = parts.argument_state
    for leaf in (*parts.output_leaves, *(state.leaves if state is not None else ())):
        _verify_leaf(leaf)


def _verify_write(value: fx.Node, target: fx.Node | None, name: str | None) -> None:
    if target is None:
        _refuse(value, f"`{name}` is written back and is not an input of the graph")
    new, old = value.meta.get("val"), target.meta.get("val")
    if new is None or old is None:
        return
    if not _fits(new.shape, old.shape) or new.dtype != old.dtype or new.device != old.device:
        _refuse(
            value,
            f"`{name}` becomes another kind of tensor: {_kind(old)} at the start of a call, {_kind(new)} after it",
            "What a program writes back is copied into the tensor that was there, whose shape and dtype stay.",
            f"Give `{name}` its final shape and dtype before the export, or return the new tensor.",
            case="buffer_that_grows",
        )


def _fits(new: Any, old: Any) -> bool:
    """Say whether a value of shape `new` replaces one of shape `old` without being broadcast."""
    # Two expressions may be equal by what the contract says; a number and an expression are not, or it would be one.
    sizes = zip(new, old)
    return len(new) == len(old) and all(
        a == b or not (isinstance(a, int) or isinstance(b, int)) for a, b in sizes
    )


def _kind(value: Any) -> str:
    return f"{str(value.dtype).removeprefix('torch.')}[{', '.join(map(str, value.shape))}] on {value.device}"


def _verify_leaf(leaf: OutputLeaf) -> None:
    constant = leaf.constant
    if isinstance(constant, (torch.Tensor, *_SYMBOLIC)):
        raise Unsupported(
            f"The program returns a {type(constant).__name__} that no recorded operator made.",
            why="It stood for a value while the program was traced, and means nothing at a call.",
        )
    if isinstance(constant, str) and MARKER in constant:
        raise Unsupported(
            "The program returns text made of a traced tensor.",
            why="The text shows what stood for the tensor at export, and would be the same at every call.",
            instead="Return the tensor, and make the text outside of the program.",
            case="text_of_tensor",
        )


def _verify_tensors(parts: ProgramParts) -> None:
    tensors = {**parts.state, **parts.constants}
    for entry in parts.graph_inputs:
        if entry.leaf is None and entry.target not in tensors:
            raise Unsupported(
                f"The graph needs the tensor `{entry.target}`, which the program does not have."
            )
    for name, tensor in tensors.items():
        if is_stand_in(tensor):
            raise Unsupported(
                f"`{name}` is a {type(tensor).__name__}, which stands for a tensor and has no contents.",
                why="It was left behind by a trace, in an object that outlives it.",
                instead="Load the model again. For shapes without contents, put it on the `meta` device.",
            )
    clash = find_name_clash(tensors)
    if clash is not None:
        raise Unsupported(f"`{clash}` names both a tensor and a module that holds tensors.")


def _verify_contract(parts: ProgramParts) -> None:
    arguments = {item.path for item in parts.contract.inputs}
    lifted = (entry for entry in parts.graph_inputs if entry.leaf is None)
    verify_contract(parts.contract, {name_in_facts(each.target, each.role, arguments) for each in lifted})


def is_stand_in(tensor: torch.Tensor) -> bool:
    """Say whether a tensor stands for another one: ours while tracing, or one of PyTorch's own (fake, functional)."""
    return isinstance(tensor, TracedTensor) or type(tensor).__module__.startswith("torch._subclasses")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    else:
        yield value


def _refuse(node: fx.Node, what: str, why: str = "", instead: str = "", case: str | None = None) -> NoReturn:
    raise Unsupported(
        f"The captured graph is not a legal one: {what}.",
        why=why or "Something changed the graph, or ran operators, behind the recorder's back.",
        instead=instead or "Take the hook, tensor subclass or mode out of the program.",
        where=node.meta.get("origin"),
        case=case,
    )
