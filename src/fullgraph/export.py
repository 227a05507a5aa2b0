"""THE MAIN PATH: a function goes in, a program comes out. Each step of `export` is one layer of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fullgraph import program
from fullgraph.contract import Contract, Specs, read_specs, simplify
from fullgraph.control_flow import FUNCTIONS
from fullgraph.errors import CaptureError
from fullgraph.exported_program import ExportedProgram
from fullgraph.rewriting import rewrites
from fullgraph.tracing import (
    Inputs,
    Trace,
    bind,
    root_modules,
    settle_branches,
    trace,
    without_needless_assumptions,
)


def export(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    constraints: Sequence[Any] | None = None,
    examples: Sequence[Sequence[Any]] | None = None,
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
        examples: further argument tuples; sizes that differ between the examples are dynamic.
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
    more = [bind(fn, example, {}) for example in examples or ()]
    specs = read_specs(
        inputs.leaves, dynamic_shapes, constraints, [m.leaves for m in more], inputs.parameters
    )
    recorded, contract = _capture(fn, inputs, specs)
    parts = program.assemble(recorded, contract, inputs, root_modules(fn))
    program.verify(parts)
    exported = ExportedProgram(parts)
    if verify:
        program.verify_against_eager(fn, exported, parts, [inputs, *more])
    return exported


def _capture(fn: Callable[..., Any], inputs: Inputs, specs: Specs) -> tuple[Trace, Contract]:
    """Trace, rewrite the functions that ask, settle the branches on sizes, simplify.

    Libraries have one way for exporters and another for compilers (`torch.compiler.is_exporting`). Where the first
    is refused (a Python loop over a dynamic size), the second may not be (the same loop as a scan).
    """
    refusals: list[CaptureError] = []
    with rewrites() as rewriting:
        functions = {**FUNCTIONS, **rewriting.functions}
        for exporting in (True, False):
            record = partial(trace, fn, inputs, functions=functions, exporting=exporting)
            try:
                recorded = rewriting.settled(partial(_settled, record, specs))
                return recorded, simplify(recorded.ledger, specs, recorded.scope)
            except CaptureError as refusal:
                refusals.append(refusal)
    raise refusals[0]


_PLAINER: Sequence[dict[str, bool]] = ({}, {"at_once": True}, {"at_once": True, "plain_inputs": True})


def _settled(
    record: Callable[..., Trace], specs: Specs, settings: Sequence[dict[str, bool]] = _PLAINER
) -> Trace:
    """Trace, and look at the other sides of the branches on sizes.

    A comparison of sizes is a question until somebody asks. Some of PyTorch's functions take plain booleans only
    (`is_causal=length > 1`): then all comparisons are asked where they are made. If that is not enough, it was an
    input that is a truth value itself (`keepdim=flag`): then those are asked before the program runs.
    """
    traced = partial(record, **settings[0])
    try:
        recorded = traced(specs)
    except TypeError as error:
        if "SymBool" not in str(error) or len(settings) == 1:
            raise
        return _settled(record, specs, settings[1:])
    settled = settle_branches(recorded, specs, lambda other, forced: traced(other, forced=forced))
    return without_needless_assumptions(settled, specs, traced)
