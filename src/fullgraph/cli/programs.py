"""`fullgraph export`, `show` and `explain`: commands on one program."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

import fullgraph
from fullgraph.cli.output import Exit, JsonOption, code, paged, print_json
from fullgraph.cli.target import find, read_inputs

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="What to capture, as `package.module:name`: a module, a function, or a class made without arguments.",
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="NAME=...",
        help="An argument: `x=f32\\[batch,3,224,224]` (a name is a dynamic size, `?` one that may be pinned), "
        "`x=i64\\[batch,seq]:batch=1..64`, or a value as in JSON: `n=3`. Repeatable.",
    ),
]
CallOption = Annotated[
    bool, typer.Option("--call", help="Call the target without arguments first: it makes the program.")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A program that was saved: `m.fgx`.")]


def export(
    target: TargetArgument,
    given: InputOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.")] = None,
    call: CallOption = False,
    verify: Annotated[bool, typer.Option("--verify", help="Compare the program with eager.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Capture a program and save it. The exit code is 1 when it is refused."""
    fn, inputs = _program(target, given, call)
    began = time.perf_counter()
    program = fullgraph.export(
        fn, (), inputs.kwargs, dynamic_shapes=inputs.dynamic_shapes or None, verify=verify
    )
    seconds = time.perf_counter() - began
    if output is not None:
        program.save(output, examples=False)
    if as_json:
        print_json({**_as_data(program), "file": None if output is None else str(output), "seconds": seconds})
    elif output is None:
        _print(program)
    else:
        count = len(program.graph.nodes)
        typer.echo(f"{output}: {count} nodes, captured in {seconds:.2f} s. Next: `fullgraph show {output}`.")


def show(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show a saved program: its code, signature, symbols and contract."""
    if not file.exists():
        raise typer.BadParameter(f"there is no file `{file}`.", param_hint="FILE")
    program = fullgraph.load(file)
    if as_json:
        print_json(_as_data(program))
    else:
        _print(program)


def explain(
    target: TargetArgument, given: InputOption = None, call: CallOption = False, as_json: JsonOption = False
) -> None:
    """List all that stands between a program and its capture. The exit code is 1 when there is anything."""
    fn, inputs = _program(target, given, call)
    report = fullgraph.explain(fn, (), inputs.kwargs, dynamic_shapes=inputs.dynamic_shapes or None)
    if as_json:
        print_json(report.as_data())
    else:
        with paged() as console:
            console.print(str(report), markup=False)
    raise typer.Exit(Exit.YES if report.ok else Exit.NO)


def _program(target: str, given: list[str] | None, call: bool) -> tuple[Any, Any]:
    fn = find(target)
    return fn() if call else fn, read_inputs(given or ())


def _print(program: fullgraph.ExportedProgram) -> None:
    with paged() as console:
        console.print(code(str(program)), markup=False)


def _as_data(program: fullgraph.ExportedProgram) -> dict[str, Any]:
    ranges = program.range_constraints
    return {
        "code": program.graph_module.code,
        "text": str(program),
        "nodes": len(program.graph.nodes),
        "operators": sorted({str(node.target) for node in program.graph.nodes if node.op == "call_function"}),
        "ranges": {name: [repr(found.min_val), repr(found.max_val)] for name, found in ranges.items()},
        "contract": list(program.contract.lines()),
        "state": {
            name: {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)}
            for name, tensor in program.state_dict.items()
        },
    }
