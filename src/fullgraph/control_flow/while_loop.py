"""`while_loop`: a body runs while a condition holds of what it carries.

As a node: `while_loop(condition, body, carried, operands)`. What the body writes to its surroundings is carried, too,
and written when the loop has ended. A result never shares memory with an initial value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.carried import (
    Hypothesis,
    as_carried,
    copies,
    first_hypothesis,
    refuse_shared,
    results,
    weaken,
)
from fullgraph.control_flow.recording import (
    Body,
    name_of,
    not_sparse,
    record_body,
    refuse,
    refuse_in_transform,
    refuse_written,
    stands_for,
    structure_text,
)
from fullgraph.control_flow.writes_in_steps import note, refuse_written_arguments
from fullgraph.symbolic import Bool, not_, substitute
from fullgraph.tracing import (
    Frame,
    Records,
    Value,
    all_operands,
    attach,
    call_subgraphs,
    has_contents,
    write_back,
)

_OPERATOR: Any = torch.ops.higher_order.while_loop


def while_loop(
    cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried: Sequence[Any]
) -> tuple[Any, ...]:
    """Run `carried = body_fn(*carried)` while `cond_fn(*carried)` holds, and return what is carried at the end.

    Both functions may use tensors, sizes and modules from around them, and the body may write to them. A carried tensor
    keeps its dtype, device and number of dims; its sizes may change from step to step. Carried integers may change.

    Args:
        cond_fn: returns a bool, a tensor with one element or a comparison of sizes.
        body_fn: returns the carried values of the next step.
        carried: the initial values: any nesting of tensors and integers.

    Example:
        >>> while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (0, torch.ones(2)))
        (3, tensor([8., 8.]))
    """
    first = now = tuple(carried)
    while _goes_on(cond_fn(*now)):
        noted = note(pytree.tree_leaves(now))
        after = _as_tuple(body_fn(*now))
        check_kinds(now, after)
        refuse_written_arguments(noted, pytree.tree_leaves(after), name_of(body_fn))
        now = after
    return own_memory(now, first)


def _goes_on(answer: Any) -> bool:
    """Whether there is another step. Without contents only the kind of the result is wanted: that of no step."""
    return has_contents(answer) and bool(answer)


def own_memory(values: Any, initial: Any) -> Any:
    """Return the values, copied where they share memory with an initial one."""
    taken = {_storage(x) for x in pytree.tree_leaves(initial) if isinstance(x, torch.Tensor)}
    copied = lambda x: x.clone() if isinstance(x, torch.Tensor) and _storage(x) in taken else x
    return pytree.tree_map(copied, values)


def _storage(tensor: torch.Tensor) -> int:
    has_storage = has_contents(tensor) and tensor.layout is torch.strided
    return tensor.untyped_storage().data_ptr() if has_storage else id(tensor)


def _as_tuple(returned: Any) -> tuple[Any, ...]:
    return tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)


def check_kinds(before: Any, after: Any) -> None:
    """Raise where what a step returns is of another kind than what it was given."""
    (ones, one_spec), (others, other_spec) = pytree.tree_flatten(before), pytree.tree_flatten(after)
    if one_spec != other_spec:
        raise TypeError(f"the body of a loop is given {one_spec} and returns {other_spec}")
    for one, other in zip(ones, others):
        if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
            if (one.dtype, one.device, one.ndim) != (other.dtype, other.device, other.ndim):
                raise TypeError(
                    f"the body of a loop is given {one.dtype} of rank {one.ndim} on {one.device} and returns "
                    f"{other.dtype} of rank {other.ndim} on {other.device}"
                )
        elif type(one) is not type(other):
            raise TypeError(
                f"the body of a loop is given {type(one).__name__} and returns {type(other).__name__}"
            )


def recorded(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for `while_loop` during a trace."""

    def loop(
        cond_fn: Callable[..., Any],
        body_fn: Callable[..., Any],
        carried: Sequence[Any] = (),
        *,
        carried_inputs: Sequence[Any] = (),  # what PyTorch calls it
    ) -> Any:
        refuse_in_transform(recorder, "while_loop")
        return _record(recorder, cond_fn, body_fn, (*carried, *carried_inputs))

    return loop


def _record(
    recorder: Records, cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried: tuple[Any, ...]
) -> tuple[Any, ...]:
    flat, spec = pytree.tree_flatten(carried)
    leaves = not_sparse(recorder.take(leaf) for leaf in flat)
    hypothesis = first_hypothesis(recorder, leaves)
    while True:
        test, fact = _record_condition(recorder, cond_fn, hypothesis, spec)
        body = record_body(recorder, _with_structure(recorder, body_fn, spec), _given(recorder, hypothesis, spec),
                           fact=fact, fresh=True)  # fmt: skip
        weaker = weaken(recorder, hypothesis, body, fact, leaves)
        if weaker is hypothesis:
            break
        hypothesis = weaker
    refuse_shared(recorder, hypothesis, body, leaves)
    made = _call(recorder, hypothesis, leaves, test, body, fact)
    return pytree.tree_unflatten([recorder.give(leaf) for leaf in made], spec)


def _given(
    recorder: Records, hypothesis: Hypothesis, spec: pytree.TreeSpec
) -> Callable[[Frame], Sequence[Any]]:
    return lambda frame: pytree.tree_unflatten(hypothesis.arguments(recorder, frame), spec)


def _with_structure(recorder: Records, fn: Callable[..., Any], spec: pytree.TreeSpec) -> Callable[..., Any]:
    def body(*carried: Any) -> Any:
        returned = _as_tuple(fn(*carried))
        found = pytree.tree_structure(returned)
        if found != spec:
            refuse(
                recorder,
                f"`{name_of(fn)}` returns another structure than it is given: {structure_text(found)} instead of "
                f"{structure_text(spec)}.",
                "What one step returns is what the next one is given.",
                "Return one value for each argument, nested in the same way.",
                case="loop_that_changes_structure",
            )
        return returned

    stands_for(fn, body)
    return body


def _record_condition(
    recorder: Records, cond_fn: Callable[..., Any], hypothesis: Hypothesis, spec: pytree.TreeSpec
) -> tuple[Body, Bool | None]:
    def condition(*carried: Any) -> Any:
        found = cond_fn(*carried)
        if isinstance(found, torch.Tensor):
            if found.numel() != 1:
                raise RuntimeError(
                    f"the condition of while_loop must have one element, and has {tuple(found.shape)}"
                )
            found = found.reshape(()) if found.ndim else found
            return found if found.dtype == torch.bool else found != 0
        return found != 0 if isinstance(found, torch.SymInt) else found

    stands_for(cond_fn, condition)
    body = record_body(recorder, condition, _given(recorder, hypothesis, spec))
    refuse_written(recorder, body)
    if len(body.leaves) != 1 or any(not body.frame.is_as_it_came(change) for change in body.frame.written):
        refuse(
            recorder,
            f"`{name_of(cond_fn)}` does something else than answer.",
            "The condition of a loop returns one truth value and changes nothing.",
            "Write to tensors in the body of the loop.",
            case="loop_condition_that_writes",
        )
    leaf = body.leaves[0]
    return body, leaf if isinstance(leaf, Bool) and not leaf.is_const else None


def _call(
    recorder: Records, hypothesis: Hypothesis, leaves: list[Any], test: Body, body: Body, fact: Bool | None
) -> list[Any]:
    carried = hypothesis.carried
    changes = {change.root: change for change in body.frame.written}
    contents = [body.frame.reach(changes[root].contents.node) for root in hypothesis.roots]
    initial = recorder.as_arguments([*(leaves[i] for i in carried), *hypothesis.roots])
    operands = all_operands((test.frame, body.frame))
    modules = (
        attach(recorder, f"while_{test.name}", test.frame.close(test.nodes[0], operands)),
        attach(
            recorder,
            f"do_{body.name}",
            body.frame.close((*(body.nodes[i] for i in carried), *contents), operands),
        ),
    )
    outs, grads, last = results(recorder, hypothesis)
    made = call_subgraphs(recorder, _OPERATOR, (*modules, tuple(initial), tuple(operands)), outs, grads)
    for root, value in zip(hypothesis.roots, made[len(carried) :]):
        assert isinstance(value, Value)
        write_back(recorder, changes[root], value)
    if fact is not None and all(s in last or s not in hypothesis.changing for s in fact.symbols):
        recorder.scope.assume(not_(substitute(fact, last)))  # the loop has ended
    by_place = as_carried(hypothesis, made) | copies(recorder, hypothesis, leaves)
    return [by_place.get(i, leaf) for i, leaf in enumerate(leaves)]
