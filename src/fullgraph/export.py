"""THE MAIN PATH: a function goes in, a program comes out. Each step of `export` is one layer of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fullgraph import program
from fullgraph.contract import Contract, Specs, read_specs, simplify
from fullgraph.control_flow import FUNCTIONS
from fullgraph.errors import CaptureError, Specialized
from fullgraph.exported_program import ExportedProgram
from fullgraph.rewriting import rewrites
from fullgraph.tracing import Inputs, Trace, bind, bind_examples, root_modules, settled_trace, trace, tried


def export(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    constraints: Sequence[Any] | None = None,
    examples: Sequence[Sequence[Any] | Mapping[str, Any]] | None = None,
    verify: bool = False,
) -> ExportedProgram:
    """Capture a program as one graph that is right for every input that its contract accepts.

    Args:
        fn: any callable: a function, a bound method, a module, a callable object.
        args: example positional arguments: tensors, `TensorSpec`s, Python values, in any nesting of lists, tuples,
            dicts, dataclasses, registered pytrees and plain objects.
        kwargs: example keyword arguments.
        dynamic_shapes: which sizes are dynamic. What `torch.export` takes (`{"x": {0: Dim("batch")}}`, tuples,
            `Dim.AUTO`), strings (`{"x": "batch 3 2*h _"}`), prefixes of nested arguments, and path patterns
            (`{"past_key_values.*": "b _ s _"}`). A size that is not named is static.
        constraints: relations between sizes: `["a >= b"]`, or the older `[dynamic_dim(x, 0) <= 10]`.
        examples: further arguments, each a tuple of all positional ones or a dict of what differs by name; sizes that
            differ between the examples are dynamic.
        verify: run the program and `fn` on the examples and compare, before returning.

    Returns:
        The program: callable like `fn`.

    Raises:
        SpecError: the arguments of `export` contradict the function or each other; nothing was run.
        CaptureError: the program cannot be captured; the error names the line, the reason and what to write instead.

    Example:
        >>> import fullgraph, torch
        >>> average = lambda x: x.sum(0) / x.shape[0]
        >>> exported = fullgraph.export(average, (torch.ones(4, 2),), dynamic_shapes={"x": "n _"})
        >>> exported(torch.ones(7, 2))
        tensor([1., 1.])
    """
    inputs = bind(fn, args, kwargs or {})
    more = bind_examples(fn, args, kwargs or {}, examples, dynamic_shapes)

    def capture(dynamic_shapes: Any, constraints: Sequence[Any] | None) -> tuple[Trace, Contract]:
        specs = read_specs(inputs.leaves, dynamic_shapes, constraints, [m.leaves for m in more], inputs.names)
        return _capture(fn, inputs, specs)

    try:
        recorded, contract = capture(dynamic_shapes, constraints)
    except Specialized as refusal:
        raise tried(refusal, lambda spec: capture(spec.dynamic_shapes, spec.constraints)) from None
    parts = program.assemble(recorded, contract, inputs, root_modules(fn))
    program.verify(parts)
    exported = ExportedProgram(parts)
    if verify:
        program.verify_against_eager(fn, exported, parts, [inputs, *more])
    return exported


def _capture(fn: Callable[..., Any], inputs: Inputs, specs: Specs) -> tuple[Trace, Contract]:
    """Trace, rewrite the functions that ask, settle the branches on sizes, simplify.

    Libraries have one way for exporters and another for compilers (`torch.compiler.is_exporting`). Where the first
    is refused (a Python loop over a dynamic size), the second may not be (the same loop as a scan). Under
    `Dim.AUTO` the first is not refused and gives sizes up; then the second is taken if it asks for fewer values.
    Where one of them raises, which eager may not, the way that eager goes is tried as well.
    """
    failures: list[Exception] = []
    taken: tuple[Trace, Contract] | None = None
    with rewrites() as rewriting:
        functions = {**FUNCTIONS, **rewriting.functions}
        for exporting in (True, False, None):
            if exporting is None and all(isinstance(each, CaptureError) for each in failures):
                break
            record = partial(trace, fn, inputs, functions=functions, exporting=exporting)
            try:
                recorded = rewriting.settled(partial(settled_trace, record, specs))
                contract = simplify(recorded.ledger, specs, recorded.scope)
            except Exception as failure:  # noqa: BLE001  (one of them is raised below, unless a way is taken)
                failures.append(failure)
                continue
            if taken is None or contract.values_asked_for < taken[1].values_asked_for:
                taken = recorded, contract
            if not contract.values_asked_for:
                break
    if taken is None:
        raise failures[0 if all(isinstance(each, CaptureError) for each in failures) else -1]
    return taken
