"""Errors name cases: every name is that of a case, and every refused case is named by the error it gives."""

import ast
from pathlib import Path

import pytest

import fullgraph
from fullgraph import exportdb

SOURCE = Path(fullgraph.__file__).parent


def names_in_errors():
    """Return `(place, name)` for each `case="name"` among the arguments of a call."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "case" and isinstance(node.value, ast.Constant):
                if isinstance(node.value.value, str):
                    yield f"{path.relative_to(SOURCE)}:{node.value.lineno}", node.value.value


def refused_cases():
    return [
        name for name in exportdb.case_names() if "NOT_SUPPORTED" in (exportdb.get_case(name).support_level)
    ]


def test_every_name_in_an_error_is_that_of_a_case():
    known = set(exportdb.case_names())

    assert not [(place, name) for place, name in names_in_errors() if name not in known]


def test_an_error_shows_the_case():
    error = fullgraph.Unsupported("No.", case="dynamic_shape_view")

    assert str(error).endswith("(see ExportDB case `dynamic_shape_view`)")


@pytest.mark.xfail(strict=False, reason="the places that raise get their names once all cases are written")
def test_every_refused_case_is_named_by_the_error_it_gives():
    wrong = {}
    for name in refused_cases():
        error = exportdb.run_case(exportdb.get_case(name)).error
        there = {name, *(case.name for case in exportdb.rewrites_of(name))}
        if error is not None and error.case not in there:
            wrong[name] = error.case

    assert not wrong
