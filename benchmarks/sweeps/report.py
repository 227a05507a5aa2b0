"""What a sweep found, written for readers: tables for the terminal, JSON lines, and the page `docs/operators.md`.

The page's first line states the numbers it was made of, so that a later sweep can be checked against it.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from rich.table import Table

from benchmarks.sweeps.judge import Finding, Verdict

MEANING = {
    Verdict.DYNAMIC: "captured for every size that eager accepts",
    Verdict.ASSUMED: "captured, with lines in the contract that some sizes do not satisfy",
    Verdict.STATIC: "captured with the example's sizes only",
    Verdict.REFUSED: "refused, with the reason",
    Verdict.RAISES: "raises at sizes that eager accepts, where the contract should have refused",
    Verdict.BROKEN: "the export itself raised something that is no refusal",
    Verdict.WRONG: "a result that differs from eager's, or none at the example itself",
}


@dataclass(frozen=True)
class Row:
    """What was found of one operator.

    Args:
        operator: its name.
        samples: how many of its samples were judged.
        seconds: how long that took.
        worst: the worst of our findings.
        theirs: the worst finding with `torch.export`; None where it was not asked.
        behind: the first sample of which `torch.export` captures more, if any.
    """

    operator: str
    samples: int
    seconds: float
    worst: Finding
    theirs: Finding | None = None
    behind: str = ""


def summary(rows: Sequence[Row]) -> Table:
    """How many operators there are of each verdict."""
    table = Table(title=f"{len(rows)} operators, {sum(row.samples for row in rows)} samples")
    table.add_column("")
    for verdict in Verdict:
        table.add_column(verdict.name.lower(), justify="right")
    for who, counts in _counts(rows):
        table.add_row(who, *(str(counts[verdict]) for verdict in Verdict))
    return table


def details(rows: Sequence[Row]) -> Table:
    """A row for each operator that is not captured for all sizes, the worst first."""
    table = Table(title="not captured for all sizes")
    for column in ("operator", "verdict", "torch.export", "sample and reason"):
        table.add_column(column, overflow="fold")
    for row in sorted(rows, key=lambda row: (-row.worst.verdict, row.operator)):
        if row.worst.verdict is not Verdict.DYNAMIC:
            found = (row.worst.verdict.name.lower(), _theirs(row), f"{row.worst.name}: {row.worst.reason}")
            table.add_row(row.operator, *found)
    return table


def json_lines(rows: Iterable[Row]) -> str:
    """One line for each operator."""
    lines = [
        {"operator": row.operator, "samples": row.samples, "seconds": round(row.seconds, 2)}
        | {"verdict": row.worst.verdict.name, "sample": row.worst.name, "reason": row.worst.reason}
        | (
            {}
            if row.theirs is None
            else {"torch_export": row.theirs.verdict.name, "why": row.theirs.reason, "behind": row.behind}
        )
        for row in rows
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def _their_part(row: Row) -> dict[str, str]:
    if row.theirs is None:
        return {}
    return {"torch_export": row.theirs.verdict.name, "why": row.theirs.reason, "behind": row.behind}


def rows_of(lines: str) -> list[Row]:
    """Read what `json_lines` wrote."""
    rows: list[Row] = []
    for line in map(json.loads, lines.splitlines()):
        ours = Finding(line["sample"], Verdict[line["verdict"]], line["reason"])
        theirs = Finding("", Verdict[line["torch_export"]], line["why"]) if "torch_export" in line else None
        behind = line.get("behind", "")
        rows.append(Row(line["operator"], line["samples"], line["seconds"], ours, theirs, behind))
    return rows


def header(rows: Sequence[Row]) -> str:
    """Return the first line of the page: the numbers."""
    counts = collections.Counter(row.worst.verdict for row in rows)
    numbers = ", ".join(f"{counts[verdict]} {verdict.name.lower()}" for verdict in Verdict)
    return f"<!-- torch {torch.__version__.partition('+')[0]}: {len(rows)} operators: {numbers} -->"


def page(rows: Sequence[Row]) -> str:
    """Return the page `docs/operators.md`."""
    return "\n".join([header(rows), *_page_lines(rows), ""])


def _page_lines(rows: Sequence[Row]) -> Iterator[str]:
    yield "# PyTorch's operators"
    yield ""
    yield (
        "Made by `python -m benchmarks.operators --torch-export --page docs/operators.md`: each operator of PyTorch's "
        f"own `op_db`, {sum(row.samples for row in rows)} samples of {len(rows)} operators in four dtypes. Each is "
        "exported with static and with dynamic sizes and called at the example's sizes and at others, 0 and 1 among "
        "them; what it returns and writes is compared with eager: sizes, strides, dtypes, contents, and which tensors "
        "share memory. An operator counts as its worst sample does. `torch.export` got the same samples, with "
        "`Dim.AUTO`; whatever its programs raise is taken as a refusal of the call."
    )
    yield ""
    yield "| | what it means | " + " | ".join(who for who, _ in _counts(rows)) + " |"
    yield "|---|---|" + "---:|" * len(_counts(rows))
    for verdict in Verdict:
        numbers = " | ".join(str(counts[verdict]) for _, counts in _counts(rows))
        yield f"| **{verdict.name.lower()}** | {MEANING[verdict]} | {numbers} |"
    for verdict in reversed(Verdict):
        found = sorted((row for row in rows if row.worst.verdict is verdict), key=lambda row: row.operator)
        if not found or verdict is Verdict.DYNAMIC:
            continue
        yield ""
        yield f"## {verdict.name.capitalize()}: {MEANING[verdict]}"
        yield ""
        yield "| operator | torch.export | the first sample that shows it, and why |"
        yield "|---|---|---|"
        for row in found:
            yield f"| `{row.operator}` | {_theirs(row)} | {_cell(row.worst)} |"


def _counts(rows: Sequence[Row]) -> list[tuple[str, collections.Counter[Verdict]]]:
    found = [("fullgraph", collections.Counter(row.worst.verdict for row in rows))]
    theirs = collections.Counter(row.theirs.verdict for row in rows if row.theirs is not None)
    return [*found, ("torch.export", theirs)] if theirs else found


def _theirs(row: Row) -> str:
    return "" if row.theirs is None else row.theirs.verdict.name.lower()


def _cell(finding: Finding) -> str:
    text = f"{finding.name}: {finding.reason}".replace("|", "\\|").replace("\n", " ")
    return text.replace("tensors.", "t").replace("<", "&lt;")
