"""One run of the program, recorded: the life of a trace, in order.

    symbols are declared from the specs; the inputs become traced tensors in copies of the caller's containers;
    the program runs as ordinary Python while every operator is recorded;
    what it returned, what it wrote and what it did to its arguments become the outputs of the graph.

After the run, and after an error, everything that was switched on, patched or written into the user's objects is
put back. Exports in several threads take turns (torch's flags and patched functions are the process's).
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any

import torch
from torch import fx

from fullgraph.contract import Ambient, AssumptionKind, Disjoint, Ledger, SameObject, Specs, TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here, trace_boundary
from fullgraph.symbolic import Bool, Expr, expr_of, scalar_of, to_python
from fullgraph.tracing.ask import Answers
from fullgraph.tracing.autograd_function import autograd_functions
from fullgraph.tracing.checking import checks
from fullgraph.tracing.contradicting import scope_of_trace
from fullgraph.tracing.data_swap import refusing_data_assignment
from fullgraph.tracing.dispatch import exporting_flags, intercepting, without_shortcuts
from fullgraph.tracing.effects import refusing_ambient_effects
from fullgraph.tracing.explaining import explaining, go_on_after_refusals
from fullgraph.tracing.failures import is_of_the_program
from fullgraph.tracing.functionalize import renew
from fullgraph.tracing.functions import function_table, module_paths
from fullgraph.tracing.grad_mode import grad_modes
from fullgraph.tracing.identity import may_ask_identity
from fullgraph.tracing.inputs import Inputs, Rebuilt
from fullgraph.tracing.left_behind import second_call
from fullgraph.tracing.number_classes import classes_as_in_python
from fullgraph.tracing.owned import owned_tensors, root_modules, told_apart
from fullgraph.tracing.program_code import compares_truths, program_code
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.result import (
    Branch,
    GraphInput,
    GraphOutput,
    InputRole,
    OutputLeaf,
    OutputRole,
    Raised,
    Trace,
)
from fullgraph.tracing.standing_in import FunctionTable, standing_in, under_other_names
from fullgraph.tracing.state import PythonState, with_state_put_back
from fullgraph.tracing.subgraph import record_assertion
from fullgraph.tracing.surroundings import surroundings
from fullgraph.tracing.traced import Source, TracedTensor, Value
from fullgraph.tracing.writes import rely_on_rebinding

_one_at_a_time = threading.Lock()


class _Thread(threading.local):
    tracing = False


_thread = _Thread()


@contextmanager
def _taking_turns() -> Iterator[None]:
    """Wait until no other thread traces. A program that exports while it is traced itself is refused."""
    if _thread.tracing:
        raise Unsupported(
            "The program exports another one while it is traced.",
            why="An export runs a function to see what it does, which is no computation that a graph can hold.",
            instead="Export the inner program first, and call it here: calls of programs are captured.",
            where=origin_here(),
            case="export_in_forward",
        )
    with _one_at_a_time:
        _thread.tracing = True
        # Nodes are made by the thousand and kept: looking through them for garbage again and again takes a third
        # of a long trace and finds none.
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            _thread.tracing = False
            if collecting:
                gc.enable()


def trace(
    fn: Callable[..., Any],
    inputs: Inputs,
    specs: Specs,
    functions: FunctionTable,
    forced: Mapping[Bool, bool] = MappingProxyType({}),
    exporting: bool = True,
    at_once: bool = False,
    plain_inputs: bool = False,
    learning: frozenset[Bool] | None = None,
) -> Trace:
    """Run `fn` once on traced inputs and record what it does.

    Args:
        fn: the program.
        inputs: its bound example arguments.
        specs: what the user said about their sizes.
        functions: what else stands in for Python functions during the run (control flow, rewriting).
        forced: branches on sizes to take whatever the examples say.
        exporting: what `torch.compiler.is_exporting()` tells libraries; `is_compiling()` is always true.
        at_once: whether comparisons of sizes are asked when they are made: some of PyTorch's functions take plain
            booleans only.
        plain_inputs: whether inputs that are truth values are asked at the start, for the same reason.
        learning: the branches on sizes under `Dim.AUTO` from which the trace learns; None for all of them.

    Raises:
        CaptureError: the program cannot be recorded.
        Raised: branches are forced, and the program raises for the sizes that lead there.
    """
    repeated = _repeated(inputs)

    def once(state: PythonState) -> Trace:
        answers = Answers(Ledger(), forced, learning)
        recorder, leaves = _prepare(fn, inputs, specs, answers, shared, at_once, plain_inputs)
        try:
            with torch.enable_grad():  # see grad_mode.py
                result, rebuilt = _run(fn, inputs, leaves, recorder, functions, exporting, bool(forced))
                outputs, answers.note = _Outputs(recorder, inputs, rebuilt), "of what is returned"
                outputs.collect(result, state)
        except Exception as error:
            if forced and is_of_the_program(error):
                raise Raised(recorder.ledger, tuple(answers.branches.values())) from error
            raise
        made = outputs.finish(state, tuple(answers.branches.values()))
        recorder.finish()
        hashed.add(recorder.questions.asked_identity)
        return made

    hashed: set[bool] = set()
    with _taking_turns():
        has_pairs = _has_pairs(inputs)
        shared = has_pairs and may_ask_identity(fn)
        made = with_state_put_back(fn, once, second_call)
        # Inputs were keys of a dict; or one tensor was given for several arguments, and is written: then they must be
        # one in the trace as well.
        writes_shared = repeated and any(output.target in repeated for output in made.outputs)
        if not shared and ((has_pairs and True in hashed) or writes_shared):
            shared = True
            made = with_state_put_back(fn, once, second_call)
        return made


def _has_pairs(inputs: Inputs) -> bool:
    return sum(isinstance(leaf.value, (torch.Tensor, TensorSpec)) for leaf in inputs.leaves) > 1


def _repeated(inputs: Inputs) -> frozenset[str]:
    """Return the paths of the arguments for which one tensor was given several times."""
    count = Counter(id(leaf.value) for leaf in inputs.leaves if isinstance(leaf.value, torch.Tensor))
    return frozenset(leaf.path for leaf in inputs.leaves if count[id(leaf.value)] > 1)


@trace_boundary  # nothing of the program runs yet
def _prepare(
    fn: Callable[..., Any],
    inputs: Inputs,
    specs: Specs,
    answers: Answers,
    shared: bool,
    at_once: bool,
    plain_inputs: bool,
) -> tuple[Recorder, list[Any]]:
    """Declare the symbols and make a traced tensor for each tensor argument."""
    ledger = answers.ledger
    answers.scope = scope = scope_of_trace(answers, answers.branch, ledger, at_once)
    all_dims = specs.declare(scope, ledger)
    owned = told_apart(owned_tensors(fn), {leaf.path for leaf in inputs.leaves})
    answers.recorder = recorder = Recorder(scope, ledger, owned, answers)
    go_on_after_refusals(recorder)
    leaves: list[Any] = []
    same: dict[int, Any] = {}
    for index, (leaf, dims) in enumerate(zip(inputs.leaves, all_dims)):
        if dims is None:
            made = _scalar(recorder, leaf.path, specs.scalars.get(index), leaf.value)
            is_asked = isinstance(made, torch.SymBool) and (plain_inputs or compares_truths(fn))
            leaves.append(bool(made) if is_asked else made)
            continue
        traced = same.get(id(leaf.value)) if shared and not isinstance(leaf.value, TensorSpec) else None
        if traced is None:
            traced = same[id(leaf.value)] = _tensor(recorder, index, leaf.path, leaf.value, dims)
        leaves.append(traced)
    if shared:
        _rely_on_identity(ledger, inputs)
    _locate_symbols(recorder, specs)
    return recorder, leaves


def _rely_on_identity(ledger: Ledger, inputs: Inputs) -> None:
    """Which arguments are one object is part of the contract. Each `TensorSpec` stands for a tensor of its own."""
    tensors = [leaf for leaf in inputs.leaves if isinstance(leaf.value, (torch.Tensor, TensorSpec))]
    for a, b in itertools.combinations(tensors, 2):
        if a.value.dtype == b.value.dtype and len(a.value.shape) == len(b.value.shape):
            is_one = a.value is b.value and isinstance(a.value, torch.Tensor)
            ledger.assume(SameObject(a.path, b.path, is_one), None, AssumptionKind.PROGRAM)


def _tensor(recorder: Recorder, index: int, path: str, example: Any, dims: tuple[Any, ...]) -> TracedTensor:
    spec = example if isinstance(example, TensorSpec) else None
    source = Source(InputRole.USER, path, None if spec else example, index, spec=spec)
    value = recorder.place(source, dims, example.dtype, torch.device(example.device))
    return TracedTensor.of(value, recorder.questions)


def _scalar(recorder: Recorder, path: str, expr: Expr | None, value: Any) -> Any:
    if expr is None:
        return value
    given = scalar_of(expr)
    recorder.place_scalar(path, given)
    return to_python(given, recorder.scope)


def _locate_symbols(recorder: Recorder, specs: Specs) -> None:
    """Say for each symbol which size of which input, or which number among them, it is read from."""
    tensors = {root.source.leaf: root.node for root in recorder.roots if root.source is not None}
    numbers = {path: node for node, path in recorder.placed if isinstance(path, str)}
    for spec in specs.symbols:
        where, parts = spec.binding.source, (spec.binding.factor, spec.binding.rest)
        if where.dim is not None and where.leaf in tensors:
            recorder.sizes.read_from(spec.symbol, tensors[where.leaf], where.dim, *parts)
        elif where.dim is None and not spec.binding.is_plain:
            recorder.sizes.read_from(spec.symbol, numbers[where.path], None, *parts)


@trace_boundary
def _run(
    fn: Callable[..., Any],
    inputs: Inputs,
    leaves: list[Any],
    recorder: Recorder,
    functions: FunctionTable,
    exporting: bool,
    forced: bool,
) -> tuple[Any, Rebuilt]:
    """Run the program with everything switched on that a trace needs, and off again."""
    roots = root_modules(fn)
    table = {
        **function_table(),
        **autograd_functions(),
        **grad_modes(),
        **surroundings(),
        # On the other side of a branch a check that fails is what tells the sides apart (branching.py).
        **({} if forced else checks()),
        **module_paths(roots),
        **functions,
    }
    with ExitStack() as stack:
        if forced:  # what the other side of a branch is refused is no obstacle: it becomes an assumption
            stack.enter_context(explaining(None))
        stack.enter_context(exporting_flags(exporting))
        stack.enter_context(without_shortcuts())
        everywhere = under_other_names(table, program_code(fn).namespaces)
        stack.enter_context(standing_in(everywhere, recorder))
        stack.enter_context(classes_as_in_python())
        watch = stack.enter_context(refusing_ambient_effects(fn))
        stack.enter_context(refusing_data_assignment(recorder))
        stack.enter_context(intercepting(recorder.interceptor))
        ran = inputs.call(fn, leaves)
    for number, fixed in enumerate(watch.fixed):
        recorder.ledger.constant(
            f"{fixed.name}#{number}" if number else fixed.name, fixed.value, fixed.origin
        )
    return ran


class _Outputs:
    """Turns what the program returned and wrote into the outputs of the graph."""

    def __init__(self, recorder: Recorder, inputs: Inputs, rebuilt: Rebuilt) -> None:
        self.recorder = recorder
        self.inputs = inputs
        self.rebuilt = rebuilt
        self.outputs: list[GraphOutput] = []
        self.nodes: list[Any] = []

    @trace_boundary  # what is added here has no line of the user's
    def collect(self, result: Any, state: PythonState) -> None:
        """Record the output node: write-backs first, then what is returned, then changed arguments."""
        self.flat = self.rebuilt.flatten_output(result)
        self.state = self.rebuilt.state() if self.rebuilt.changed() else None
        self.rebound = self._rebound_buffers(state)
        leaves = [self._take(leaf) for leaf in self.flat.leaves]
        state_leaves = [self._take(leaf) for leaf in self.state.leaves] if self.state else []
        self._write_backs(self.rebound)
        self.leaves = tuple(self._leaf(leaf, OutputRole.USER) for leaf in leaves)
        self.state_leaves = tuple(self._leaf(leaf, OutputRole.ARGUMENT_STATE) for leaf in state_leaves)
        self._assert_deferred()
        self.recorder.graph.output(tuple(self.nodes))

    def finish(self, state: PythonState, branches: tuple[Branch, ...]) -> Trace:
        """Put the placeholders in order and hand over plain data."""
        recorder = self.recorder
        self._rely()
        placed = self._in_order()
        return Trace(
            graph=recorder.graph,
            inputs=placed,
            outputs=tuple(self.outputs),
            output_tree=self.flat.tree,
            output_leaves=self.leaves,
            argument_tree=self.inputs.tree,
            argument_state=None if self.state is None else (self.state.tree, self.state_leaves),
            ledger=recorder.ledger,
            scope=recorder.scope,
            modules=recorder.modules,
            written=state.written,
            branches=branches,
        )

    def _assert_deferred(self) -> None:
        """Facts on sizes that only tensor contents tell are asserted by the graph, since no call can check them."""
        recorder = self.recorder
        declared = {spec.symbol for spec in recorder.ledger.symbols}
        for assumption in recorder.ledger.assumptions:
            fact = assumption.fact
            if isinstance(fact, Bool) and not fact.symbols <= declared and fact not in recorder.asserted:
                record_assertion(recorder, assumption)

    def _rebound_buffers(self, state: PythonState) -> dict[str, Value]:
        """`self.buf = new`: a buffer whose attribute now holds another tensor is written back, read before or not."""
        rebound: dict[str, Value] = {}
        for old, new in state.rebound_buffers():
            buffer, value = self.recorder.take(old), self.recorder.take(new)
            if buffer.source is not None and value is not buffer:
                rely_on_rebinding(self.recorder, buffer, value)
                rebound[buffer.source.target] = value
        return rebound

    def _take(self, leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor):
            return self.recorder.take(leaf)
        if isinstance(leaf, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            found = expr_of(leaf)
            return self.recorder.scope.simplify(found) if isinstance(found, Expr) else found
        return leaf

    def _write_backs(self, rebound: Mapping[str, Value]) -> None:
        recorder = self.recorder
        for root in recorder.roots:
            source = root.source
            assert source is not None
            new = rebound.get(source.target) if source.role is InputRole.BUFFER else None
            if new is not None and new is not root:
                self._add(
                    recorder.as_arguments(new),
                    OutputRole.BUFFER,
                    source.target,
                    not torch.is_grad_enabled(),
                    True,
                )
            elif root.written_at:
                self._add(root.node, _WRITTEN[source.role], source.target, root.wrote_under_no_grad)

    def _add(
        self,
        node: Any,
        role: OutputRole,
        target: str | None = None,
        no_grad: bool = False,
        rebound: bool = False,
    ) -> int:
        constant = None if isinstance(node, fx.Node) else node
        name = node.name if isinstance(node, fx.Node) else None
        self.outputs.append(GraphOutput(name, role, target, constant, no_grad, rebound))
        self.nodes.append(node)
        return len(self.outputs) - 1

    def _leaf(self, leaf: Any, role: OutputRole) -> OutputLeaf:
        if isinstance(leaf, Value):
            renew(self.recorder, leaf)
            index = self._add(self.recorder.as_arguments(leaf), role)
            source = leaf.source
            if source is None or (source.role is InputRole.BUFFER and source.target in self.rebound):
                return OutputLeaf(index=index)
            if source.role is InputRole.USER:
                return OutputLeaf(index=index, input_leaf=source.leaf)
            return OutputLeaf(index=index, lifted=source.target)
        if isinstance(leaf, (Expr, Bool)) and not leaf.is_const:
            return OutputLeaf(index=self._add(self.recorder.sizes.node(leaf), role))
        constant = leaf.value if isinstance(leaf, (Expr, Bool)) else leaf
        if role is OutputRole.USER:
            return OutputLeaf(index=self._add(constant, role), constant=constant)
        return OutputLeaf(constant=constant)

    def _rely(self) -> None:
        """Write down what holds of the whole run: autocast as it was, and no overlap of what is written."""
        recorder = self.recorder
        recorder.ledger.assume(Ambient.now("autocast"), None, AssumptionKind.PROGRAM)
        for root in recorder.roots:
            for other in recorder.roots if root.written_at else ():
                a, b = root.source, other.source
                if other is root or a is None or b is None or InputRole.USER not in (a.role, b.role):
                    continue
                recorder.ledger.assume(Disjoint(a.known_as, b.known_as), None, AssumptionKind.OPERATOR)

    def _in_order(self) -> tuple[GraphInput, ...]:
        """Parameters, buffers, constants, then the arguments, each in the order of their owner."""
        recorder = self.recorder
        index_of = {leaf.path: index for index, leaf in enumerate(self.inputs.leaves)}
        entries: list[tuple[tuple[int, int], fx.Node, GraphInput]] = []
        for node, placed in recorder.placed:
            if isinstance(placed, Value):
                source = placed.source
                assert source is not None
                at = source.leaf if source.leaf is not None else recorder.lifting.position(source)
                held = None if source.role is InputRole.USER else source.real
                entry = GraphInput(
                    node.name, source.role, source.target, held, source.persistent, source.leaf
                )
                entries.append(((_RANK[source.role], at), node, entry))
            else:
                at = index_of[placed]
                entries.append(
                    (
                        (_RANK[InputRole.USER], at),
                        node,
                        GraphInput(node.name, InputRole.USER, placed, leaf=at),
                    )
                )
        entries.sort(key=lambda entry: entry[0])
        recorder.arrange([node for _, node, _ in entries])
        return tuple(entry for _, _, entry in entries)


_RANK = {role: index for index, role in enumerate(InputRole)}

_WRITTEN = {
    InputRole.PARAMETER: OutputRole.PARAMETER,
    InputRole.BUFFER: OutputRole.BUFFER,
    InputRole.CONSTANT: OutputRole.CONSTANT,
    InputRole.USER: OutputRole.INPUT,
}
