"""errors.py: five fields, one text."""

import doctest
import inspect
import pickle

import pytest

import fullgraph
from fullgraph import errors
from fullgraph.errors import (
    ArtifactError,
    CaptureError,
    ContractError,
    DataDependent,
    FullgraphError,
    SpecError,
    Specialized,
    Unsupported,
    render,
)
from fullgraph.source import Origin, origin_here

ALL = [ArtifactError, CaptureError, ContractError, DataDependent, SpecError, Specialized, Unsupported]


def slice_mask(mask, seq):
    return [origin_here(), mask[:seq]][0]


def test_text_has_line_carets_and_all_fields():
    error = Specialized(
        "`seq` would be at most 512.",
        why="The mask has 512 columns.",
        instead='dynamic_shapes={"x": "seq"},\nconstraints=["seq <= 512"]',
        where=slice_mask([1, 2], 1),
        case="dynamic_shape_slicing",
    )
    line = inspect.getsourcelines(slice_mask)[1] + 1

    place, *rest = str(error).split("\n")

    assert place.endswith(f"test_errors.py:{line} in slice_mask")
    carets = ["            ^^^^^^^^^^^^^"] if hasattr(slice_mask.__code__, "co_positions") else []
    assert rest == [
        "    return [origin_here(), mask[:seq]][0]",
        *carets,
        "what: `seq` would be at most 512.",
        "why: The mask has 512 columns.",
        'instead: dynamic_shapes={"x": "seq"},',
        '    constraints=["seq <= 512"]',
        "see: fullgraph db show dynamic_shape_slicing",
    ]


def test_text_without_line_and_optional_fields_is_what_alone():
    assert str(Unsupported("`x` is not captured.")) == "what: `x` is not captured."
    assert render("a", why="b") == "what: a\nwhy: b"


def test_an_unknown_origin_is_no_line():
    error = Unsupported("no", where=Origin())

    assert error.where is None
    assert str(error) == "what: no"


@pytest.mark.parametrize("kind", ALL)
def test_fields_survive_pickling(kind):
    """An error raised in a worker process arrives with its type and all of its fields."""
    error = kind("a", why="b", instead="c", where=slice_mask([1], 1), case="d")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert str(copy) == str(error)
    assert (copy.what, copy.why, copy.instead, copy.case) == ("a", "b", "c", "d")


def test_family():
    """One `except` clause per moment: capture, call, artifact; ValueError where a caller expects it."""
    assert all(issubclass(kind, FullgraphError) for kind in ALL)
    assert all(issubclass(kind, CaptureError) for kind in (Unsupported, DataDependent, Specialized))
    assert issubclass(SpecError, ValueError)
    assert issubclass(ContractError, ValueError)
    assert not issubclass(CaptureError, ValueError)


def test_each_error_that_is_raised_has_a_page_with_failing_and_corrected_code():
    raised = [kind for kind in ALL if kind is not CaptureError]
    for kind in raised:
        page = inspect.getdoc(kind)

        assert page is not None
        assert "\nFails, " in page, kind
        assert "\nWrite instead" in page, kind
        assert f"fullgraph.errors.{kind.__name__}: ..." in page, kind


@pytest.mark.skipif(not callable(getattr(fullgraph, "export", None)), reason="the pages export programs")
@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not CaptureError])
def test_the_code_on_the_pages_runs(kind):
    """Code that a page shows as failing fails with that error, and the corrected code works."""
    page = doctest.DocTestFinder(recurse=False).find(kind, kind.__name__)[0]
    out = []

    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(page, out=out.append)

    assert result.attempted > 0
    assert not result.failed, "".join(out)


def test_every_error_of_the_module_is_tested_here():
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, FullgraphError)
    }

    assert defined == {*ALL, FullgraphError}
