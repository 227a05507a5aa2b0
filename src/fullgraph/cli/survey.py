"""`fullgraph db survey`: the cases, or other subjects, through several exporters side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fullgraph import exportdb
from fullgraph.cli.output import Exit, JsonOption, Progressing, print_json, print_table, progressing
from fullgraph.exportdb import Survey, SurveyRecord, SurveyVerdict


def run_survey(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", dir_okay=False, help="The file of results, as JSON lines. [default: ours]"
        ),
    ] = None,
    exporters: Annotated[
        list[str] | None,
        typer.Option(
            "--exporters", "-e", help="Only this exporter; `module:function` for one of your own. Repeatable."
        ),
    ] = None,
    cases: Annotated[
        list[str] | None, typer.Option("--cases", "-c", help="Only cases like this: `cond_*`. Repeatable.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", "-m", help="Models and no cases: `transformers:*bert*`. Repeatable."),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for one export.")] = 120.0,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes at a time.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Survey anew what the file has already.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Run nothing; the exit code is 1 when results are missing or outdated."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export cases with fullgraph and with torch.export, and compare each program with eager.

    A survey that was stopped goes on where it was: what is in the file is not run again, unless its source changed.
    """
    patterns = [*(cases or ([] if models else ["*"])), *(models or ())]
    if models and out is None:
        raise typer.BadParameter("say which file is for models; ours is for cases", param_hint="--out")
    survey = exportdb.read_survey(patterns, exporters or (), out or exportdb.DATA)
    if check:
        _check(survey, as_json)
        return
    if not cases and not models:
        exportdb.drop_obsolete(survey)
    with progressing("surveying") as progress:
        exportdb.run_survey(
            survey,
            workers=workers,
            timeout=timeout,
            fresh=fresh,
            on_start=progress.start,
            on_record=lambda record: _report(progress, record),
        )
    wanted = {(task.subject, task.exporter) for task in survey.tasks}
    records = [each for each in survey.file.records() if (each.subject, each.exporter) in wanted]
    _print_counts(survey, records, as_json)


def verdict_lines(records: Iterable[SurveyRecord]) -> list[str]:
    """Return what is said of a case's verdicts: a line for each exporter."""
    return [
        f"{each.exporter} {'' if each.exporter == 'fullgraph' else each.torch + ' '}{each.verdict}".strip()
        for each in records
    ]


def _report(progress: Progressing, record: SurveyRecord) -> None:
    progress.advance(f"{record.subject}: {record.exporter}: {record.verdict}")


def _check(survey: Survey, as_json: bool) -> None:
    found = survey.out_of_date()
    if as_json:
        print_json({"file": str(survey.file.path), "out_of_date": found})
    else:
        for line in found:
            typer.echo(line)
        typer.echo(f"{len(survey.tasks)} results, {f'{len(found)} out of date' if found else 'up to date'}")
    raise typer.Exit(Exit.NO if found else Exit.YES)


def _print_counts(survey: Survey, records: Sequence[SurveyRecord], as_json: bool) -> None:
    if as_json:
        print_json([{**asdict(each), "verdict": str(each.verdict)} for each in records])
        return
    counts = Counter((each.exporter, each.verdict) for each in records)
    rows = [
        [exporter, str(verdict), str(counts[exporter, verdict])]
        for exporter in survey.exporters
        for verdict in SurveyVerdict
        if counts[exporter, verdict]
    ]
    print_table(["exporter", "verdict", "subjects"], rows)
