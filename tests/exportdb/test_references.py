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


def raised_without_a_name():
    """Return `(place, what)` for each refusal that is made without `case=`."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Unsupported", "DataDependent", "Specialized")
                and not any(keyword.arg == "case" for keyword in node.keywords)
            ):
                yield str(path.relative_to(SOURCE)), ast.unparse(node)


# They compare what was recorded with what should have been: no program is known that leads there.
WITHOUT_A_CASE = {"contract/legal.py", "program/verify.py", "program/against_eager.py"}


def test_every_refusal_names_a_case():
    assert not [(place, what) for place, what in raised_without_a_name() if place not in WITHOUT_A_CASE]


def test_an_error_says_where_to_look():
    error = fullgraph.Unsupported("No.", case="dynamic_shape_view")

    assert str(error).endswith("see: fullgraph db show dynamic_shape_view")


@pytest.mark.parametrize("name", refused_cases())
def test_a_refused_case_is_named_by_the_error_it_gives_or_its_rewrite_is(name):
    error = exportdb.run_case(exportdb.get_case(name)).error

    assert error is not None
    assert error.case in {name, *(case.name for case in exportdb.rewrites_of(name))}
