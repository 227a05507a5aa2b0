"""Code samples in Markdown, run as a reader would run them: those of a page one after the other, in one module.

A block of Python is executed. The block after it, with nothing but blank lines between, is what it prints, in the form
of doctest: `...` stands for anything. A refusal is printed as its class and its text, as golden files have it. In a
block of `console`, lines that begin with `$ fullgraph` are run, and what stands below each is what it prints.

The code of a page is a file to Python, `model.py`, with the blocks one below the other, so that errors quote it and
name its lines.
"""

import contextlib
import doctest
import io
import linecache
import re
import shlex
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sybil import Document, Region
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from typer.testing import CliRunner

from fullgraph import exportdb
from fullgraph.cli import app
from fullgraph.errors import FullgraphError

FENCES = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
OUTPUT = ("", "text")
MODULE = "model"


@dataclass(frozen=True)
class Sample:
    """A block of code, and the block with what it prints, if there is one."""

    kind: str
    code: str
    line: int
    output: Region | None = None

    @property
    def expected(self) -> str | None:
        return None if self.output is None else str(self.output.lexemes["source"])


@dataclass(frozen=True)
class Failure:
    """A sample that does something else than the page says."""

    sample: Sample
    found: str

    def __str__(self) -> str:
        return f"line {self.sample.line}: expected\n{self.sample.expected or 'nothing'}\nfound\n{self.found}"


def samples_of(path: Path) -> list[Sample]:
    """Return the blocks of Python and of commands of a page."""
    text = path.read_text(encoding="utf-8")
    blocks = sorted(FENCES(Document(text, str(path))), key=lambda block: block.start)
    found = []
    for block, after in zip(blocks, [*blocks[1:], None]):
        kind = info_of(block)
        if kind not in ("python", "console"):
            continue
        prints = after is not None and info_of(after) in OUTPUT and not text[block.end : after.start].strip()
        line = text.count("\n", 0, block.start) + 1
        found.append(Sample(kind, str(block.lexemes["source"]), line, after if prints else None))
    return found


def info_of(block: Region) -> str:
    """Return the language of a block: `{code-block} python` and `python` are one."""
    return str(block.lexemes["info"]).replace("{code-block}", "").strip()


def run_page(path: Path) -> Iterator[Failure]:
    """Run the samples of a page, and yield those that do something else than the page says."""
    file = f"{MODULE}.py"
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    lines: list[str] = []
    try:
        with exportdb.isolated():
            for sample in samples_of(path):
                if sample.kind == "console":
                    yield from run_commands(sample)
                    continue
                start = len(lines)
                lines += sample.code.splitlines(keepends=True)
                linecache.cache[file] = (len("".join(lines)), None, lines, file)
                printed = run_code(
                    "\n" * start + sample.code, file, module, may_be_refused=sample.output is not None
                )
                if not same(sample.expected, printed):
                    yield Failure(sample, printed)
    finally:
        linecache.cache.pop(file, None)
        del sys.modules[MODULE]


def run_code(code: str, file: str, module: types.ModuleType, *, may_be_refused: bool) -> str:
    """Run a block in a module, and return what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(code, file, "exec"), vars(module))
        except FullgraphError as error:
            if not may_be_refused:
                raise
            print(f"{type(error).__name__}\n{error}")
    return printed.getvalue()


def run_commands(sample: Sample) -> Iterator[Failure]:
    """Run the commands of a block that are ours. One that shows no output has to succeed, others to print it."""
    for part in re.split(r"^\$ ", sample.code, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if not command.startswith("fullgraph "):
            continue
        result = CliRunner().invoke(app, shlex.split(command, comments=True)[1:])
        if expected.strip() and not same(expected, result.output):
            yield Failure(Sample("console", command, sample.line), result.output)
        elif not expected.strip() and result.exit_code != 0:
            yield Failure(Sample("console", command, sample.line), f"{result.output}{result.exception!r}")


def same(expected: str | None, printed: str) -> bool:
    """Whether a block prints what the page says, if the page says it."""
    if expected is None:
        return True
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(expected.strip() + "\n", tidy(printed), options)


def tidy(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.strip().splitlines()) + "\n"


def accept(path: Path) -> None:
    """Write what the samples print into the page; a block with `...` is left to its author."""
    for failure in reversed(list(run_page(path))):
        sample = failure.sample
        if sample.output is not None and "..." not in (sample.expected or ""):
            text = path.read_text(encoding="utf-8")
            opening = text[sample.output.start :].split("\n", 1)[0]
            block = f"{opening}\n{tidy(failure.found)}```"
            path.write_text(text[: sample.output.start] + block + text[sample.output.end :], encoding="utf-8")
