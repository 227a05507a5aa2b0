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
from contextlib import ExitStack, contextmanager, nullcontext
from types import MappingProxyType
from typing import Any

import torch

from fullgraph.contract import AssumptionKind, Ledger, SameObject, Specs, TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here, trace_boundary
from fullgraph.symbolic import Bool, Expr, scalar_of, to_python
from fullgraph.tracing.ask import Answers
from fullgraph.tracing.autograd_function import autograd_functions
from fullgraph.tracing.checking import checks
from fullgraph.tracing.contradicting import scope_of_trace
from fullgraph.tracing.data_swap import refusing_data_assignment
from fullgraph.tracing.dispatch import exporting_flags, intercepting, without_shortcuts
from fullgraph.tracing.effects import refusing_ambient_effects
from fullgraph.tracing.explaining import explaining, go_on_after_refusals
from fullgraph.tracing.failures import is_of_the_program
from fullgraph.tracing.functions import function_table, module_paths
from fullgraph.tracing.grad_mode import grad_modes
from fullgraph.tracing.identity import may_ask_identity
from fullgraph.tracing.inputs import Inputs, Rebuilt
from fullgraph.tracing.kept_state import Kept, is_made_anew
from fullgraph.tracing.left_behind import second_call
from fullgraph.tracing.number_classes import classes_as_in_python
from fullgraph.tracing.outputs import Outputs
from fullgraph.tracing.owned import owned_tensors, root_modules, told_apart
from fullgraph.tracing.program_code import compares_truths, program_code
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.result import (
    InputRole,
    Raised,
    Trace,
)
from fullgraph.tracing.standing_in import FunctionTable, standing_in, under_other_names
from fullgraph.tracing.state import PythonState, with_state_put_back
from fullgraph.tracing.surroundings import surroundings
from fullgraph.tracing.traced import Source, TracedTensor
from fullgraph.tracing.watching import Change

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
    exporting: bool | None = True,
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
        exporting: what `torch.compiler.is_exporting()` tells libraries; with None `is_compiling()` is false as well.
        at_once: whether comparisons of sizes are asked when they are made: some of PyTorch's functions take plain
            booleans only.
        plain_inputs: whether inputs that are truth values are asked at the start, for the same reason.
        learning: the branches on sizes under `Dim.AUTO` from which the trace learns; None for all of them.

    Raises:
        CaptureError: the program cannot be recorded.
        Raised: branches are forced, and the program raises for the sizes that lead there.
    """
    repeated = _repeated(inputs)

    def once(given: PythonState | Kept) -> Trace:
        kept = given if isinstance(given, Kept) else None
        way, earlier = ({}, frozenset[Expr]()) if kept is None else (kept.way, kept.symbols)
        answers = Answers(Ledger(), {**forced, **way}, learning, earlier)
        recorder, leaves = _prepare(fn, inputs, specs, answers, shared, at_once, plain_inputs)
        around = nullcontext(given) if isinstance(given, PythonState) else given.around(fn, recorder)
        with around as state:
            return recorded(answers, recorder, leaves, state)

    def recorded(answers: Answers, recorder: Recorder, leaves: list[Any], state: PythonState) -> Trace:
        try:
            with torch.enable_grad():  # see grad_mode.py
                result, rebuilt = _run(fn, inputs, leaves, recorder, functions, exporting, bool(forced))
                outputs, answers.note = Outputs(recorder, inputs, rebuilt), "of what is returned"
                outputs.collect(result, state)
        except Exception as error:
            if forced and is_of_the_program(error):
                raise Raised(recorder.ledger, tuple(answers.branches.values())) from error
            raise
        made = outputs.finish(state, tuple(answers.branches.values()))
        recorder.finish()
        hashed.add(recorder.questions.asked_identity)
        return made

    def anew(first: Trace, changes: list[Change]) -> bool:
        return is_made_anew(first, changes, once)

    hashed: set[bool] = set()
    with _taking_turns():
        has_pairs = _has_pairs(inputs)
        shared = has_pairs and may_ask_identity(fn)
        made = with_state_put_back(fn, once, second_call, anew)
        # Inputs were keys of a dict; or one tensor was given for several arguments, and is written: then they must be
        # one in the trace as well.
        writes_shared = repeated and any(output.target in repeated for output in made.outputs)
        if not shared and ((has_pairs and True in hashed) or writes_shared):
            shared = True
            made = with_state_put_back(fn, once, second_call, anew)
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
    exporting: bool | None,
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
