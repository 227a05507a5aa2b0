"""`cond` and `switch`: one of several functions runs, as a predicate says.

As a node: `cond(predicate, true_branch, false_branch, operands)`. Both branches are recorded, whatever the example
takes; a predicate that is fixed by a static size keeps both, too. What a branch uses of its surroundings becomes an
operand by itself. What it writes to its surroundings becomes a result of both branches, and is written afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.merge import check_structures, merge
from fullgraph.control_flow.merge_state import merge_places
from fullgraph.control_flow.python_state import put
from fullgraph.control_flow.recording import Body, made_at, out_of, record_body, refuse, refuse_in_transform
from fullgraph.errors import FullgraphError
from fullgraph.symbolic import Bool, Contradiction, Expr, eq, expr_of, ne, not_
from fullgraph.tracing import (
    Change,
    Records,
    Value,
    Written,
    all_operands,
    attach,
    call_subgraphs,
    has_contents,
    inside_functorch,
    is_of_the_program,
    write_back,
)

_OPERATOR: Any = torch.ops.higher_order.cond
Branch = Callable[..., Any]
Operands = tuple[Any, ...] | list[Any]


def cond(pred: Any, true_fn: Branch, false_fn: Branch, operands: Operands = ()) -> Any:
    """Return `true_fn(*operands)` if the predicate holds, else `false_fn(*operands)`.

    In an exported program both branches are in the graph, and each call takes one of them. They may use tensors,
    sizes and modules from around them, write to them, and return any nesting of tensors, sizes and Python values; both
    must return the same structure, with the same dtypes and ranks.

    Args:
        pred: a bool, a tensor with one element, or a comparison of sizes.
        true_fn: called with the operands if the predicate holds.
        false_fn: called with them otherwise.
        operands: the arguments of both.

    Example:
        >>> cond(torch.tensor(True), torch.sin, torch.cos, (torch.zeros(2),))
        tensor([0., 0.])
    """
    _check_predicate(pred)
    # Without contents (see `scan`) only the kind of the result is wanted, which is that of either branch.
    return true_fn(*operands) if not has_contents(pred) or pred else false_fn(*operands)


def switch(index: Any, branches: Sequence[Branch], operands: Operands = ()) -> Any:
    """Return `branches[index](*operands)`.

    Args:
        index: an int, a size or an integer tensor with one element. Below 0 the first branch is taken, and beyond the
            end the last.
        branches: functions that return the same structure; see `cond`.
        operands: the arguments of all of them.

    Example:
        >>> switch(torch.tensor(1), [torch.sin, torch.cos, torch.tan], (torch.zeros(2),))
        tensor([1., 1.])
    """
    if not branches:
        raise ValueError("switch needs at least one branch")
    if len(branches) == 1:
        return branches[0](*operands)
    first, *rest = branches
    # Each step is a call of `cond`, so that it is recorded as one where a trace is on.
    return cond(index <= 0, first, _switch(index - 1, rest), tuple(operands))


def _switch(index: Any, branches: Sequence[Branch]) -> Branch:
    """Return a function that switches: it closes over each branch itself, where what branches change is looked for."""
    first, *rest = branches
    if not rest:
        return first
    others = _switch(index - 1, rest)
    return lambda *given: cond(index <= 0, first, others, given)


class _OnlyOneRuns(Exception):
    """The predicate is fixed, and a branch changes Python's state: that of the other must not be merged with it."""


def recorded(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for `cond` during a trace."""

    def record(pred: Any, true_fn: Branch, false_fn: Branch, operands: Operands = ()) -> Any:
        if isinstance(pred, torch.Tensor) and not inside_functorch():
            _refuse_several_elements(recorder, pred)
        _check_predicate(pred)
        if inside_functorch() and isinstance(pred, (bool, int, float)):
            return true_fn(*operands) if pred else false_fn(*operands)
        refuse_in_transform(recorder, "cond")
        predicate = _predicate(recorder, pred)
        branches = (true_fn, false_fn)
        if not isinstance(predicate, bool):
            with _refusing_what_branches_raise(recorder):
                return _record(recorder, predicate, branches, operands)
        refusal = recorder.refusal
        try:
            return _record(recorder, predicate, branches, operands)
        except Exception as error:  # the branch that no call takes need not make sense for these sizes
            if not (isinstance(error, (FullgraphError, Contradiction)) or is_of_the_program(error)):
                raise
            recorder.refusal = refusal
            return branches[0 if predicate else 1](*operands)

    return record


@contextmanager
def _refusing_what_branches_raise(recorder: Records) -> Iterator[None]:
    """Refuse a branch that raises: eager runs one of them, and a trace both."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (FullgraphError, Contradiction)) or not is_of_the_program(error):
            raise
        refuse(
            recorder,
            f"A branch of `cond` raises {type(error).__name__}: {error}",
            "Both branches are recorded, and a graph has no exceptions.",
            "Say what has to hold before the `cond`, by `torch._check(...)` or an `assert`, and let both return.",
            case="assert_on_values",
        )


def _check_predicate(pred: Any) -> None:
    if not isinstance(pred, (bool, int, float, torch.Tensor, torch.SymBool, torch.SymInt, torch.SymFloat)):
        raise TypeError(
            f"the predicate of cond must be a bool, a tensor with one element or a comparison of sizes, and is "
            f"a {type(pred).__name__}; make a bool of it: `bool(...)`, `x is not None`"
        )
    if isinstance(pred, torch.Tensor) and pred.numel() != 1:
        raise RuntimeError(
            f"the predicate of cond must have one element, and has the sizes {tuple(pred.shape)}; "
            "reduce it with .all() or .any()"
        )


def _refuse_several_elements(recorder: Records, pred: torch.Tensor) -> None:
    """Refuse a predicate that cannot have one element, with the line that made it."""
    value = recorder.take(pred)
    if all(recorder.scope.decide(eq(size, 1)) is not False for size in value.dims):
        return
    sizes = ", ".join(str(size) for size in pred.shape)
    refuse(
        recorder,
        f"The predicate of `cond` has several elements, or none: its sizes are ({sizes}){made_at(value)}.",
        "One of two branches is taken, by one truth value.",
        "Reduce it with `.all()` or `.any()`; to choose for each element, write `torch.where`.",
        case="cond_predicate",
    )


def _predicate(recorder: Records, pred: Any) -> Value | Bool | bool:
    """Return the predicate in the trace's terms."""
    if isinstance(pred, torch.Tensor):
        return recorder.take(pred if pred.dtype == torch.bool else pred != 0)
    if isinstance(pred, (torch.SymBool, torch.SymInt, torch.SymFloat)):
        found = expr_of(pred)
        found = found if isinstance(found, Bool) else ne(found, 0)
        return bool(found.value) if found.is_const else found
    return bool(pred)


def _record(
    recorder: Records, predicate: Value | Bool | bool, branches: tuple[Branch, Branch], operands: Operands
) -> Any:
    facts = (predicate, not_(predicate)) if isinstance(predicate, Bool) else (None, None)
    known = frozenset(recorder.scope.symbols)
    passed = [
        recorder.as_arguments(recorder.take(leaf))
        for leaf in pytree.tree_leaves(operands)
        if isinstance(leaf, torch.Tensor)
    ]
    passed = list(dict.fromkeys(passed))
    for fact, other in zip(facts, reversed(branches)):
        if fact is not None and not _is_possible(recorder, fact):
            return other(*operands)
    bodies: list[Body] = []
    for branch, fact in zip(branches, facts):

        def arguments(frame: Any) -> Sequence[Any]:
            for node in passed:
                frame.operand(node)
            return operands

        bodies.append(record_body(recorder, branch, arguments, fact=fact, once=True))
    if isinstance(predicate, bool) and any(body.left for body in bodies):
        raise _OnlyOneRuns
    return _call(recorder, predicate, bodies, passed, known)


def _is_possible(recorder: Records, fact: Bool) -> bool:
    mark = recorder.scope.mark()
    try:
        recorder.scope.assume(fact)
    except Contradiction:
        return False
    finally:
        recorder.scope.undo(mark)
    return True


def _call(
    recorder: Records,
    predicate: Value | Bool | bool,
    bodies: list[Body],
    passed: list[Any],
    known: frozenset[Expr],
) -> Any:
    count, spec = len(bodies[0].leaves), bodies[0].spec
    check_structures(recorder, bodies)
    bodies, places = merge_places(recorder, bodies)
    merged = merge(recorder, bodies, known, _names(count, places))
    written = _written(bodies)
    condition = recorder.as_arguments(predicate)
    outputs = [
        (
            *(merged.node(body, position) for position in merged.returned),
            *(_contents(recorder, body, root) for root in written),
        )
        for body in bodies
    ]
    operands = [node for node in all_operands(body.frame for body in bodies) if node not in passed]
    modules = [
        attach(recorder, f"{which}_branch_{body.name}", body.frame.close(nodes, operands))
        for which, body, nodes in zip(("true", "false"), bodies, outputs)
    ]
    outs = [*merged.outs, *(out_of(root) for root in written)]
    grads = [*merged.grads, *(change.contents.requires_grad for change in written.values())]
    made = call_subgraphs(recorder, _OPERATOR, (condition, *modules, (*passed, *operands)), outs, grads)
    results, contents = made[: len(merged.outs)], made[len(merged.outs) :]
    for change, value in zip(written.values(), contents):
        assert isinstance(value, Value)
        write_back(recorder, change, value)
    merged.forbid_writes(results)
    leaves = merged.leaves(results)
    for place, structure in places:
        here, count = count, count + structure.num_leaves
        put(place, pytree.tree_unflatten(leaves[here:count], structure))
    return pytree.tree_unflatten(leaves[: bodies[0].spec.num_leaves], spec)


def _names(count: int, places: list[tuple[Change, pytree.TreeSpec]]) -> dict[int, str]:
    """Return the path of the place for each leaf that is left in one."""
    paths = [change.path for change, structure in places for _ in range(structure.num_leaves)]
    return dict(enumerate(paths, start=count))


def _written(bodies: list[Body]) -> dict[Value, Written]:
    """Return each tensor from outside that a branch writes, once."""
    written: dict[Value, Written] = {}
    for body in bodies:
        for change in body.frame.written:
            before = written.setdefault(change.root, change)
            if before.under_no_grad != change.under_no_grad:
                written[change.root] = before if before.under_no_grad else change
    return written


def _contents(recorder: Records, body: Body, root: Value) -> Any:
    """Return the node of a branch that holds a tensor from outside at its end."""
    for change in body.frame.written:
        if change.root is root:
            return body.frame.reach(change.contents.node)
    return body.frame.reach(recorder.as_arguments(root))
