"""Words: one word for one idea, as docs/glossary.md has it."""

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
SOURCE = HERE / "src" / "fullgraph"
CASES = SOURCE / "exportdb" / "cases"
GLOSSARY = HERE / "docs" / "glossary.md"
GENERATED = {
    "exportdb",
    "errors",
    "_build",
}  # what `make docs` writes; the words of cases are looked at themselves

# (file, avoided word) -> the reason why it stands there. Aim: empty.
EXCEPTIONS: dict[tuple[str, str], str] = {}

# Words of other systems that we quote as they are.
QUOTED = re.compile(r"``.*?``|`[^`]*`|https?://\S+|\"[a-z_]+\"|'[a-z_]+'")


@dataclass(frozen=True)
class Avoided:
    """A word of the glossary's last column."""

    word: str
    term: str
    names_only: bool
    at_home: str

    def allowed_in(self, file: str) -> bool:
        at_home = self.at_home and file.startswith((self.at_home, f"src/fullgraph/{self.at_home}"))
        return bool(at_home) or (file, self.word) in EXCEPTIONS


def rows() -> list[list[str]]:
    lines = [line for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def avoided() -> list[Avoided]:
    found = []
    for term, _, cell in rows():
        for entry in filter(None, (part.strip() for part in cell.split(","))):
            match = re.fullmatch(r"(\*?)([\w -]+?)\1(?: \(([\w/.]+)\))?", entry)
            assert match, f"glossary, row {term}: cannot read {entry!r}"
            found.append(Avoided(match[2], term, bool(match[1]), match[3] or ""))
    return found


def words_of_name(name: str) -> str:
    """`TracedTensor`, `traced_tensor` and `TRACED_TENSOR` are all ` traced tensor `."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", name)
    return f" {' '.join(spaced.lower().split())} "


def names_defined(tree: ast.AST) -> set[tuple[int, str]]:
    """Return the names that a file gives: functions, classes, arguments, variables, attributes.

    What is only used has been named by others.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.add((node.lineno, node.arg))
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add((node.lineno, node.id if isinstance(node, ast.Name) else node.attr))
    return found


def prose_of_python(text: str) -> list[tuple[int, str]]:
    """Return comments and strings (docstrings, messages)."""
    found = []
    middle = getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# *(noqa|type:|pyright|ruff)", token.string):
            found.append((token.start[0], token.string))
        elif token.type in (tokenize.STRING, middle):
            lines = token.string.splitlines()
            found.extend((token.start[0] + index, line) for index, line in enumerate(lines))
    return found


def prose_of_markdown(text: str) -> list[tuple[int, str]]:
    found, in_code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            found.append((number, line))
    return found


def forms(word: str) -> str:
    return rf"\b{re.escape(word)}(s|es|d|ed|ing)?\b"


def name(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def markdown_files() -> list[Path]:
    top = [HERE / "README.md", HERE / "CONTRIBUTING.md"]
    written = [path for path in (HERE / "docs").rglob("*.md") if not GENERATED & set(path.parts)]
    return [path for path in [*top, *sorted(written)] if path.exists() and path != GLOSSARY]


def test_glossary_has_one_row_a_term_and_never_avoids_a_term():
    terms = [row[0] for row in rows()]

    assert len(terms) == len(set(terms))
    assert all(meaning for _, meaning, _ in rows())
    assert not {each.word for each in avoided()} & set(terms)


def test_names():
    used = []
    for path in python_files():
        if CASES in path.parents:  # programs written as users write them, with names of their own
            continue
        for line, defined in names_defined(ast.parse(path.read_text())):
            words = words_of_name(defined)
            for each in avoided():
                if f" {words_of_name(each.word).strip()} " in words and not each.allowed_in(name(path)):
                    used.append(f"{name(path)}:{line}: {defined}: write '{each.term}', not '{each.word}'")

    assert not sorted(used)


def test_prose():
    banned = [
        (each, re.compile(forms(each.word), re.IGNORECASE)) for each in avoided() if not each.names_only
    ]
    files = [(path, prose_of_python(path.read_text())) for path in python_files()]
    files += [(path, prose_of_markdown(path.read_text())) for path in markdown_files()]
    used = []
    for path, prose in files:
        for line, text in prose:
            plain = QUOTED.sub(" ", text)
            for each, pattern in banned:
                if pattern.search(plain) and not each.allowed_in(name(path)):
                    used.append(
                        f"{name(path)}:{line}: write '{each.term}', not '{each.word}': {text.strip()}"
                    )

    assert not used


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TracedTensor", " traced tensor "),
        ("MAX_RANGE", " max range "),
        ("_ProxyFX2Graph", " proxy fx2 graph "),
    ],
)
def test_words_of_a_name(name, words):
    assert words_of_name(name) == words


def test_every_exception_is_needed():
    for file, word in EXCEPTIONS:
        assert (HERE / file).exists(), file
        assert re.search(forms(word).replace(r"\b", ""), (HERE / file).read_text(), re.IGNORECASE), (
            file,
            word,
        )
