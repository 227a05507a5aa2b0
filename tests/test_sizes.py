"""Sizes: a file is one idea, a function fits on a screen."""

import ast
from pathlib import Path

HERE = Path(__file__).parents[1]
LINES_A_FILE = 450
LINES_A_FUNCTION = 70

# File, or file:function -> the reason why it may be longer. Aim: empty.
EXCEPTIONS: dict[str, str] = {}


def sources() -> list[Path]:
    return sorted(
        path for folder in ("src", "examples", "benchmarks") for path in (HERE / folder).rglob("*.py")
    )


def name(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def test_files():
    sizes = {name(path): len(path.read_text().splitlines()) for path in sources()}

    assert not {file: size for file, size in sizes.items() if size > LINES_A_FILE and file not in EXCEPTIONS}


def test_functions():
    long = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = lines_of_code(node)
                key = f"{name(path)}:{node.name}"
                if size > LINES_A_FUNCTION and key not in EXCEPTIONS:
                    long[key] = size

    assert not long


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count from `def` to the last line, without the docstring: explaining more is no reason to split."""
    assert function.end_lineno is not None
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_every_exception_is_needed():
    """What has become small leaves the list."""
    for key in EXCEPTIONS:
        file, _, function = key.partition(":")
        path = HERE / file
        assert path.exists(), key
        if not function:
            assert len(path.read_text().splitlines()) > LINES_A_FILE, key
