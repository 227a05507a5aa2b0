"""Refusals are tested like results: the kind of error, the user's line, and that it helps."""

import copy

import pytest

import fullgraph
from fullgraph.errors import CaptureError


def assert_refused(fn, args=(), *, kwargs=None, kind=CaptureError, line=None, text=None, **options):
    """Exporting `fn` is refused, in words that help.

    Args:
        fn: the function; copied if it is a module.
        args: the example arguments, copied before use.
        kwargs: the example's keyword arguments.
        kind: the class of the error, exactly or a base of it.
        line: a part of the user's source line that the error has to name; None when no line caused it.
        text: the words of the error, exactly, without the lines that name the place.
        options: further arguments of `fullgraph.export`.

    Returns:
        The error.
    """
    __tracebackhide__ = True
    fn, args, kwargs = copy.deepcopy(fn), copy.deepcopy(tuple(args)), copy.deepcopy(kwargs)
    with pytest.raises(kind) as caught:
        fullgraph.export(fn, args, kwargs, **options)
    error = caught.value
    assert error.what, "an error says what could not be done"
    assert error.instead, f"an error says what to do: {error}"
    if line is not None:
        assert error.where is not None, f"an error names the user's line: {error}"
        assert line in error.where.text, f"{error.where} is {error.where.text!r}, not {line!r}"
    if text is not None:
        words = str(error)
        assert words[words.index("what: ") :] == text
    return error
