"""Every code sample of the documentation does what the page says. `FULLGRAPH_ACCEPT=1` writes what it prints."""

import os
from pathlib import Path

import pytest

from tests.docs.samples import accept, run_page, same, samples_of

HERE = Path(__file__).parents[2]
WRITTEN = [HERE / "README.md", HERE / "CONTRIBUTING.md", *sorted((HERE / "docs").rglob("*.md"))]
# Made from the cases, which have tests of their own; what Sphinx made.
MADE = ("docs/_build/", "docs/exportdb/", "docs/errors/", "docs/operators.md")
PAGES = [
    path for path in WRITTEN if not path.relative_to(HERE).as_posix().startswith(MADE) and samples_of(path)
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_page(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if os.environ.get("FULLGRAPH_ACCEPT"):
        accept(path)

    failures = list(run_page(path))

    assert not failures, "\n\n".join(map(str, failures))


def test_what_is_printed_is_compared(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Sums\n\n```python\nprint(1 + 1)\n```\n\n```\n3\n```\n\n```python\nprint('unsaid')\n```\n"
    )

    (failure,) = run_page(page)

    assert (failure.sample.line, failure.sample.expected, failure.found) == (3, "3\n", "2\n")


def test_what_is_printed_can_be_accepted(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```\n3\n```\n\nProse.\n")

    accept(page)

    assert page.read_text() == "```python\nprint(1 + 1)\n```\n\n```\n2\n```\n\nProse.\n"


def test_an_ellipsis_stands_for_anything():
    assert same("a\n...\nd", "a\nb\nc\nd\n")
    assert not same("a\n...\nd", "a\nb\nc\n")


def test_a_refusal_names_the_line_of_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nimport torch, fullgraph\n```\n\n"
        "```python\ndef f(x):\n    return [0, 1][int(x)]\n\nfullgraph.export(f, (torch.tensor(1),))\n```\n\n"
        "```text\nDataDependent\nmodel.py:3 in f\n    return [0, 1][int(x)]\n...\n```\n"
    )

    assert not list(run_page(page))
