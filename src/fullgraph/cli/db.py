"""`fullgraph db`: look up, run and write cases of ExportDB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fullgraph import exportdb
from fullgraph.cli.docs import write_docs
from fullgraph.cli.output import Exit, JsonOption, code, each_with_progress, paged, print_json, print_table
from fullgraph.cli.survey import run_survey, verdict_lines
from fullgraph.exportdb import ExportCase, SupportLevel

app = typer.Typer(no_args_is_help=True, help="ExportDB: what can be captured, what cannot, how to write it.")
app.command("docs")(write_docs)
app.command("survey")(run_survey)

TagsOption = Annotated[
    list[str] | None,
    typer.Option("--tag", "-t", help="Only cases with this tag, or family of tags (`torch`). Repeatable."),
]
LevelOption = Annotated[
    SupportLevel | None, typer.Option("--level", "-l", help="Only cases of this support level.")
]


@app.callback()
def _db(
    folder: Annotated[
        list[Path] | None,
        typer.Option(
            "--folder",
            "-f",
            exists=True,
            file_okay=False,
            help="Look for cases in this folder too. Repeatable.",
        ),
    ] = None,
) -> None:
    for each in folder or ():
        exportdb.add_folder(each)


@app.command("list")
def list_cases(tag: TagsOption = None, level: LevelOption = None, as_json: JsonOption = False) -> None:
    """List all cases: name, support level, what it shows."""
    _print_cases(exportdb.search(tags=_tags(tag), support_level=level), as_json)


@app.command("search")
def search_cases(
    words: Annotated[list[str], typer.Argument(help="Words to find in names, descriptions, tags and code.")],
    tag: TagsOption = None,
    level: LevelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find cases by words, the best first. The exit code is 1 when there is none."""
    found = exportdb.search(" ".join(words), tags=_tags(tag), support_level=level)
    _print_cases(found, as_json)
    raise typer.Exit(Exit.YES if found else Exit.NO)


@app.command("tags")
def list_tags(as_json: JsonOption = False) -> None:
    """List the tags, what each is about, and how many cases have it."""
    cases = exportdb.all_cases()
    counts = {name: sum(name in case.tags for case in cases) for name in exportdb.TAGS}
    if as_json:
        print_json([{**asdict(tag), "cases": counts[tag.name]} for tag in exportdb.TAGS.values()])
        return
    rows = [[tag.name, str(counts[tag.name]), tag.description] for tag in exportdb.TAGS.values()]
    print_table(["tag", "cases", "about"], rows)


@app.command("show")
def show_case(
    name: Annotated[str, typer.Argument(help="The name of the case.")], as_json: JsonOption = False
) -> None:
    """Show a case: what it shows, its code, its program or error, and what to write instead."""
    _require(name)
    case = exportdb.get_case(name)
    rewrites = [each.name for each in exportdb.rewrites_of(name)]
    data = {**exportdb.case_as_data(case), "rewrites": rewrites}
    if as_json:
        print_json(data)
        return
    with paged() as console:
        console.print(f"[bold]{case.name}[/bold]  {case.support_level}  {', '.join(sorted(case.tags))}")
        console.print(f"\n{case.description}\n", markup=False)
        for other, relation in [
            (case.rewrite_of, "Another way to write"),
            *((r, "Write instead") for r in rewrites),
        ]:
            if other is not None:
                console.print(f"{relation}: `fullgraph db show {other}`\n", markup=False)
        verdicts = exportdb.verdicts_of(name)
        if verdicts:
            console.print("[bold]Exporters[/bold]")
            console.print("\n".join(verdict_lines(verdicts)) + "\n", markup=False)
        console.print(f"[bold]Code[/bold]  {case.file or ''}")
        console.print(code(case.source), markup=False)
        console.print("\n[bold]Result[/bold]")
        result = data["result"] or exportdb.run_case(case).text
        console.print(code(result, "python" if case.supported else "text"), markup=False)


@app.command("check")
def check_cases(
    names: Annotated[list[str] | None, typer.Argument(help="The cases; all when none is named.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write the golden files of cases that behave as they state.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run cases: compare with eager on every input, and with the golden file. The exit code is 1 when one fails."""
    for name in names or ():
        _require(name)
    checked = each_with_progress(
        "checking", names or exportdb.case_names(), lambda name: exportdb.check_case(name, update=update)
    )
    together = [] if names else list(exportdb.check_all_together())
    if as_json:
        print_json({"cases": [asdict(each) for each in checked], "together": together})
    else:
        _print_checked(checked, together)
    passed = all(each.passed for each in checked) and not together
    raise typer.Exit(Exit.YES if passed else Exit.NO)


@app.command("new")
def new_case(
    name: Annotated[str, typer.Argument(help="The name of the case, and of its file.")],
    into: Annotated[
        Path | None, typer.Option("--into", "-o", help="The folder; fullgraph's own cases when not given.")
    ] = None,
    module: Annotated[bool, typer.Option("--module", help="A module, and not a function.")] = False,
    not_supported: Annotated[bool, typer.Option("--not-supported", help="A case that is refused.")] = False,
    rewrite_of: Annotated[
        str | None, typer.Option("--rewrite-of", help="The case that the new one shows another way to write.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the file, and write nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a new case file that loads and passes, to be filled in."""
    text = exportdb.new_case_text(name, module=module, supported=not not_supported, rewrite_of=rewrite_of)
    folder = into or exportdb.OWN_CASES
    if not dry_run:
        file = exportdb.write_new_case(folder, name, text)
        exportdb.Collection(str(folder), folder.resolve()).load(name)
    else:
        file = folder / f"{name}.py"
    if as_json:
        print_json({"file": str(file), "text": text, "written": not dry_run})
    elif dry_run:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"{file} is written. Next: fill it in, then `fullgraph db check {name} --update`.")


def _print_cases(cases: Sequence[ExportCase], as_json: bool) -> None:
    if as_json:
        print_json([exportdb.case_as_data(case) for case in cases])
        return
    rows = [[case.name, str(case.support_level), case.summary, *_peers(case.name)] for case in cases]
    print_table(["case", "support level", "shows", "other exporters"], rows)


def _peers(name: str) -> list[str]:
    """Return a cell on the exporters that fail where fullgraph does not; no cell when none does."""
    failing = exportdb.peers_that_fail(name)
    return [", ".join(f"{each.exporter}: {each.verdict}" for each in failing)] if failing else []


def _print_checked(checked: Sequence[exportdb.Checked], together: Iterable[str]) -> None:
    for each in checked:
        if not each.passed:
            typer.echo(f"FAILED {each.name}\n{_indent(each.report)}")
        elif each.written:
            typer.echo(f"WRITTEN {each.name}")
    for fault in together:
        typer.echo(f"FAILED {fault}")
    passed = sum(each.passed for each in checked)
    typer.echo(f"{len(checked)} cases: {passed} passed, {len(checked) - passed} failed")


def _tags(given: Sequence[str] | None) -> tuple[str, ...]:
    families = {tag.family for tag in exportdb.TAGS.values()}
    for tag in given or ():
        if tag not in exportdb.TAGS and tag not in families:
            raise typer.BadParameter(
                f"`{tag}` is no tag; `fullgraph db tags` lists them.", param_hint="--tag"
            )
    return tuple(given or ())


def _require(name: str) -> None:
    """Complain about a name that no case has, as about any other wrong argument."""
    known = exportdb.case_names()
    if name not in known:
        error = exportdb.unknown_case(name, known)
        raise typer.BadParameter(f"{error.what} {error.instead}")


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
