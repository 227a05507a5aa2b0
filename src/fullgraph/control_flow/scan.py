"""`scan`: a function runs over the rows of tensors one after the other, and carries something along.

As a node: `scan(body, initial, xs, operands)`, over the leading dim; the body takes `(*carried, *row, *operands)` and
returns `(*carried, *results)`, and the results of all rows are stacked. What the body writes to its surroundings is
carried, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.carried import (
    NUMBERS,
    Hypothesis,
    copies,
    first_hypothesis,
    refuse_shared,
    results,
    weaken,
)
from fullgraph.control_flow.recording import (
    Body,
    line_of,
    made_at,
    name_of,
    not_sparse,
    record_body,
    refuse,
    refuse_in_transform,
    show,
    stands_for,
    structure_text,
)
from fullgraph.control_flow.while_loop import check_kinds, own_memory
from fullgraph.control_flow.writes_in_steps import CheckedStep
from fullgraph.symbolic import Expr, eq, ge, render
from fullgraph.tracing import (
    Frame,
    Out,
    Records,
    Value,
    all_operands,
    attach,
    call_subgraphs,
    without_contents,
    write_back,
)

_OPERATOR: Any = torch.ops.higher_order.scan
_ADVICE = "; cut them to one length (x[:n]), or close over what does not go row by row"
Step = Callable[..., Any]
Scan = Callable[[list[torch.Tensor]], tuple[Any, list[Any]]]


def scan(combine_fn: Step, init: Any, xs: Any, *, dim: int = 0, reverse: bool = False) -> tuple[Any, Any]:
    """Run `carry, y = combine_fn(carry, x)` for each slice `x` of `xs`; return the last carry and all `y`, stacked.

    The function may use tensors, sizes and modules from around it, and write to them. The carry keeps its structure,
    dtypes and ranks. Without any slices the carry is `init`, and the results have no elements.

    Args:
        combine_fn: takes the carry and a slice; returns the next carry and a result.
        init: the first carry: any nesting of tensors.
        xs: a tensor, or a nesting of tensors of one length along `dim`.
        dim: the dim to go along.
        reverse: whether to go from the end.

    Example:
        >>> scan(lambda total, x: (total + x, total * x), torch.zeros(()), torch.tensor([1.0, 2.0, 3.0]))
        (tensor(6.), tensor([0., 2., 9.]))
    """

    def rows_of(
        rows: list[torch.Tensor], flat_init: list[Any], spec: pytree.TreeSpec
    ) -> tuple[Any, list[Any], Any]:
        structure: list[pytree.TreeSpec] = []

        def step(*given: Any) -> list[Any]:
            carry, x = given[: len(flat_init)], list(given[len(flat_init) :])
            found = combine_fn(pytree.tree_unflatten(carry, init_spec), pytree.tree_unflatten(x, spec))
            after, y = _pair(found)
            flat_y, y_spec = pytree.tree_flatten(y)
            structure[:] = [y_spec]
            check_kinds(pytree.tree_unflatten(carry, init_spec), after)
            return [*pytree.tree_leaves(after), *flat_y]

        checked = CheckedStep(combine_fn, step, len(flat_init))
        carried, stacked = scan_rows_in_order(checked, flat_init, rows)
        checked.refuse_written_results()
        return pytree.tree_unflatten(own_memory(carried, flat_init), init_spec), stacked, structure[0]

    flat_init, init_spec = pytree.tree_flatten(init)
    return along(xs, dim, reverse, lambda rows, spec: rows_of(rows, flat_init, spec))


def scan_rows_in_order(
    step: Callable[..., Any], initial: list[Any], rows: list[torch.Tensor], operands: tuple[Any, ...] = ()
) -> tuple[list[Any], list[Any]]:
    """Scan real tensors along their leading dim; return what is carried at the end, and the results stacked.

    Args:
        step: takes what is carried, a row of each tensor and the operands; returns what is carried next, and results.
        initial: what is carried at first.
        rows: the tensors.
        operands: what each step is given as it is.
    """
    count, length = len(initial), len(rows[0])
    if any(len(x) != length for x in rows):
        raise ValueError(f"xs differ in length: {[len(x) for x in rows]}{_ADVICE}")
    if length == 0:
        return [x.clone() if isinstance(x, torch.Tensor) else x for x in initial], _no_results(
            step, initial, rows, operands
        )
    carried, columns = initial, []
    for row in zip(*(x.unbind(0) for x in rows)):
        returned = step(*carried, *row, *operands)
        carried = returned[:count]
        columns.append(returned[count:])
    return list(carried), [
        torch.stack(column) if _is_tensor(column[0]) else column[0] for column in zip(*columns)
    ]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _no_results(
    step: Callable[..., Any], initial: list[Any], rows: list[torch.Tensor], operands: tuple[Any, ...]
) -> list[Any]:
    """Without rows nobody has seen a result: a step without contents tells what kind it would be."""
    count = len(initial)
    tensors = [x for x in initial if isinstance(x, torch.Tensor)]
    fakes, mode = without_contents([*tensors, *(x.new_zeros(x.shape[1:]) for x in rows)])
    given = iter(fakes)
    with mode, torch.no_grad():
        carried = [next(given) if isinstance(x, torch.Tensor) else x for x in initial]
        returned = step(*carried, *given, *operands)[count:]
    return [
        torch.empty((0, *y.shape), dtype=y.dtype, device=y.device) if _is_tensor(y) else y for y in returned
    ]


def along(
    xs: Any, dim: int, reverse: bool, scan_rows: Callable[..., tuple[Any, list[Any], Any]]
) -> tuple[Any, Any]:
    """Scan with the dim in front, and in the order asked for."""
    flat, spec = pytree.tree_flatten(xs)
    if not flat or not all(isinstance(x, torch.Tensor) for x in flat):
        raise ValueError("xs must be tensors, and at least one")
    if any(not -x.ndim <= dim < x.ndim for x in flat):
        raise ValueError(f"xs must have a dim {dim}")
    rows = [x.movedim(dim, 0) if dim else x for x in flat]
    carry, stacked, structure = scan_rows([x.flip(0) for x in rows] if reverse else rows, spec)
    stacked = [y.flip(0) if reverse and _is_tensor(y) else y for y in stacked]
    stacked = [y.movedim(0, dim) if dim and _is_tensor(y) and y.ndim > dim else y for y in stacked]
    return carry, pytree.tree_unflatten(stacked, structure)


def _pair(returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise TypeError("the function of a scan returns a pair: the next carry, and a result")
    return returned[0], returned[1]


def recorded(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for `scan` during a trace."""
    return _recorder_of(recorder, at_least_one=False)


def recorded_as_torch(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Return what stands for PyTorch's `scan`, which refuses an empty `xs`."""
    return _recorder_of(recorder, at_least_one=True)


def _recorder_of(recorder: Records, at_least_one: bool) -> Callable[..., Any]:
    def record(
        combine_fn: Step, init: Any, xs: Any, *, dim: int = 0, reverse: bool = False
    ) -> tuple[Any, Any]:
        refuse_in_transform(recorder, "scan")

        def rows_of(rows: list[torch.Tensor], spec: pytree.TreeSpec) -> tuple[Any, list[Any], Any]:
            values = rows_in_trace(recorder, rows, at_least_one)
            return record_rows(recorder, combine_fn, init, values, spec)

        return along(xs, dim, reverse, rows_of)

    return record


def rows_in_trace(recorder: Records, rows: list[torch.Tensor], at_least_one: bool) -> list[Value]:
    """Return the values of the rows; what is demanded of their length becomes a part of the contract."""
    values: list[Value] = not_sparse(recorder.take(x) for x in rows)
    length = values[0].dims[0]
    for value in values[1:]:
        demand = eq(value.dims[0], length)
        if recorder.scope.decide(demand) is False or recorder.scope.hint_of(demand) is False:
            _refuse_lengths(recorder, values)
        recorder.scope.ask(demand, "check")
    if at_least_one:
        if recorder.scope.decide(ge(length, 1)) is False:
            raise ValueError(
                f"xs must have at least one element: {[value.dims[0] for value in values]}{_ADVICE}"
            )
        recorder.scope.ask(ge(length, 1), "check")
    return values


def _refuse_lengths(recorder: Records, values: list[Value]) -> NoReturn:
    lengths = "".join(
        f"\n    xs[{index}] has {_length_text(recorder, value)} rows{made_at(value)}"
        for index, value in enumerate(values)
    )
    refuse(
        recorder,
        f"The xs differ in length:{lengths}",
        "Each step takes one row of each of them.",
        "Cut them to one length (`x[:n]`), or close over what does not go row by row.",
        case="map_over_structures",
    )


def _length_text(recorder: Records, value: Value) -> str:
    length = value.dims[0]
    if isinstance(length, int):
        return str(length)
    return f"{render(length)} = {recorder.scope.hint_of(length)}"


def record_rows(
    recorder: Records, combine_fn: Step, init: Any, rows: list[Value], spec: pytree.TreeSpec
) -> tuple[Any, list[Any], pytree.TreeSpec]:
    """Record a scan over rows; return the last carry, the stacked results, and their structure."""
    flat, init_spec = pytree.tree_flatten(init)
    leaves = not_sparse(recorder.take(leaf) for leaf in flat)
    hypothesis = first_hypothesis(recorder, leaves)
    _refuse_numbers(recorder, hypothesis)
    known = frozenset(recorder.scope.symbols)
    while True:
        step = _Step(recorder, combine_fn, hypothesis, init_spec, rows, spec)
        body = record_body(recorder, step, step.arguments, fresh=True)
        weaker = weaken(recorder, hypothesis, body, None, leaves)
        if weaker is hypothesis:
            break
        hypothesis = weaker
        _refuse_numbers(recorder, hypothesis)
    refuse_shared(recorder, hypothesis, body, [*leaves, *rows])
    made, stacked = _call(recorder, hypothesis, leaves, rows, body, known)
    carry = pytree.tree_unflatten([recorder.give(leaf) for leaf in made], init_spec)
    return carry, [recorder.give(y) for y in stacked], step.structure


def _refuse_numbers(recorder: Records, hypothesis: Hypothesis) -> None:
    if any(isinstance(part, NUMBERS) for part in hypothesis.parts):
        refuse(
            recorder,
            "A `scan` carries a Python number that changes from step to step.",
            "PyTorch's operator for scans carries tensors.",
            "Carry `torch.tensor(...)` instead of the number, or use `while_loop`, which carries numbers.",
            case="recurrent_cell_by_scan",
        )


class _Step:
    """The user's function on flat values, as a body."""

    def __init__(
        self,
        recorder: Records,
        fn: Step,
        hypothesis: Hypothesis,
        init_spec: pytree.TreeSpec,
        rows: list[Value],
        spec: pytree.TreeSpec,
    ) -> None:
        self.recorder = recorder
        self.fn = fn
        self.hypothesis = hypothesis
        self.init_spec = init_spec
        self.rows = rows
        self.spec = spec
        self.structure: pytree.TreeSpec
        stands_for(fn, self)

    def arguments(self, frame: Frame) -> list[Any]:
        """Make the carried values and a row."""
        carried = self.hypothesis.arguments(self.recorder, frame)
        row = [frame.argument(Out(v.dims[1:], v.dtype, v.device), v.requires_grad) for v in self.rows]
        return [*carried, *self.recorder.give(row)]

    def __call__(self, *given: Any) -> list[Any]:
        count = len(self.hypothesis.parts)
        carry = pytree.tree_unflatten(list(given[:count]), self.init_spec)
        after, y = _pair(self.fn(carry, pytree.tree_unflatten(list(given[count:]), self.spec)))
        flat, found = pytree.tree_flatten(after)
        if found != self.init_spec:
            refuse(
                self.recorder,
                f"`{name_of(self.fn)}` returns a carry of another structure than it is given: "
                f"{structure_text(found)} instead of {structure_text(self.init_spec)}.",
                "What one step returns is what the next one is given.",
                "Return the carry nested as it came.",
                case="loop_that_changes_structure",
            )
        flat_y, self.structure = pytree.tree_flatten(y)
        return [*flat, *flat_y]


def _call(
    recorder: Records,
    hypothesis: Hypothesis,
    leaves: list[Any],
    rows: list[Value],
    body: Body,
    known: frozenset[Expr],
) -> tuple[list[Any], list[Any]]:
    count = len(leaves)
    carried = hypothesis.carried
    changes = {change.root: change for change in body.frame.written}
    contents = [body.frame.reach(changes[root].contents.node) for root in hypothesis.roots]
    ys = [i for i in range(count, len(body.leaves)) if isinstance(body.leaves[i], Value)]
    operands = all_operands([body.frame])
    nodes = (*(body.nodes[i] for i in carried), *contents, *(body.nodes[i] for i in ys))
    module = attach(recorder, f"scan_{body.name}", body.frame.close(nodes, operands))
    outs, grads, _ = results(recorder, hypothesis)
    outs += [stacked_out(recorder, body, body.leaves[i], rows[0].dims[0], known) for i in ys]
    grads += [body.leaves[i].requires_grad for i in ys]
    initial = recorder.as_arguments([*(leaves[i] for i in carried), *hypothesis.roots])
    args = (module, tuple(initial), tuple(recorder.as_arguments(rows)), tuple(operands))
    made = call_subgraphs(recorder, _OPERATOR, args, outs, grads)
    for root, value in zip(hypothesis.roots, made[len(carried) :]):
        assert isinstance(value, Value)
        write_back(recorder, changes[root], value)
    by_place = (
        dict(zip(carried, made))
        | copies(recorder, hypothesis, leaves)
        | dict(zip(ys, made[len(carried) + len(contents) :]))
    )
    last = [by_place.get(i, leaf) for i, leaf in enumerate(leaves)]
    return last, [by_place.get(i, body.leaves[i]) for i in range(count, len(body.leaves))]


def stacked_out(recorder: Records, body: Body, leaf: Value, length: Any, known: frozenset[Expr]) -> Out:
    """Return what the results of all steps are, stacked; refuse sizes that differ from step to step."""
    for size in leaf.dims:
        if isinstance(size, Expr) and not size.symbols <= known:
            refuse(
                recorder,
                f"`{body.name}` returns a tensor whose size may differ from step to step: {show(leaf)}"
                f"{line_of(leaf, body)}.",
                "The results of all steps are stacked, so they have one size.",
                "Return tensors of one size (pad them), or carry what grows.",
                case="scan_results_of_many_sizes",
            )
    return Out((length, *leaf.dims), leaf.dtype, leaf.device)
