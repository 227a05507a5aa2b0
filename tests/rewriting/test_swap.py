"""Rewritten code is there for the length of the export, and is the user's function in all but the rewritten calls."""

import gc
import importlib.util
import queue
import sys
import traceback
import types

import pytest
import torch

import fullgraph
from fullgraph.rewriting import Asked
from fullgraph.rewriting.live_functions import LiveFunctions
from tests.support import assert_refused, assert_same

DYNAMIC = {"x": "n _"}


def half(x):
    return x[: int(x.shape[0] / 2)]


def raising(x):
    n = int(x.shape[0])
    return x + undefined_name + n  # noqa: F821


def functions_with(code):
    return [each for each in gc.get_objects() if type(each) is types.FunctionType and each.__code__ is code]


@pytest.mark.parametrize("generations", [(), (0,), (1,), (0, 0), (2,)])
def test_a_function_is_found_whatever_was_collected_since_it_was_made(generations):
    live = LiveFunctions()
    assert half in live.of(__file__)

    def made():
        pass

    for generation in generations:
        gc.collect(generation)

    found = live.of(__file__)
    assert (found.count(made), found.count(half)) == (1, 1)


def test_code_is_the_users_again_after_an_export():
    before = half.__code__
    fullgraph.export(half, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)

    assert half.__code__ is before


def test_code_is_the_users_again_after_an_error_and_a_refusal():
    before = raising.__code__
    with pytest.raises(NameError):
        fullgraph.export(raising, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)
    assert raising.__code__ is before

    def refused(x):
        longer = x * int(x.shape[0] / 2)
        return longer if longer.sum() > 0 else x

    before = refused.__code__
    assert_refused(refused, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)
    assert refused.__code__ is before


def test_tracebacks_have_the_users_lines():
    with pytest.raises(NameError) as caught:
        fullgraph.export(raising, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)

    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.name) == (__file__, "raising")
    assert last.lineno == raising.__code__.co_firstlineno + 2
    assert last.line.startswith("return x + undefined_name")


def test_nodes_have_the_users_lines():
    program = fullgraph.export(half, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)

    assert "test_swap.py" in str(program)
    assert "return x[: int(x.shape[0] / 2)]" in str(program)


def test_two_exports_in_a_row():
    one = fullgraph.export(half, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)
    two = fullgraph.export(half, (torch.ones(9, 2),), dynamic_shapes=DYNAMIC)

    assert one(torch.ones(7, 2)).shape == two(torch.ones(7, 2)).shape == (3, 2)
    assert str(one) == str(two)


def test_functions_made_during_the_export_have_their_own_code():
    """A closure made by rewritten code, and kept somewhere, is given the user's code too."""
    kept = queue.SimpleQueue()  # what is in it is no state that an export sees

    def fn(x):
        def inner(n):
            return int(n / 2)

        kept.put(inner)
        return x[: inner(x.shape[0])]

    codes = [each for each in fn.__code__.co_consts if isinstance(each, types.CodeType)]
    assert_same(
        fn, (torch.ones(4, 2),), [(torch.ones(size, 2),) for size in (0, 1, 7)], dynamic_shapes=DYNAMIC
    )
    assert not kept.empty()
    while not kept.empty():
        assert kept.get().__code__ is codes[0]


def test_a_function_made_before_the_export():
    """The code that asks is found in live closures as well as in the function that makes them."""

    def make():
        return lambda x: x[: int(x.shape[0] / 2)]

    one, two = make(), make()
    assert_same(
        lambda x: (one(x), two(x)), (torch.ones(4, 2),), [(torch.ones(7, 2),)], dynamic_shapes=DYNAMIC
    )
    assert one.__code__ is two.__code__
    assert one.__code__ in make.__code__.co_consts


def module_from(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_function_in_two_modules(tmp_path):
    """One file loaded twice has two functions, each with its own code and globals."""
    path = tmp_path / "twice.py"
    path.write_text("SCALE = 1\n\n\ndef half(x):\n    return x[: int(x.shape[0] / 2)] * SCALE\n")
    one, two = module_from(path, "one"), module_from(path, "two")
    two.SCALE = 3
    before = one.half.__code__, two.half.__code__

    assert_same(
        lambda x: (one.half(x), two.half(x)),
        (torch.ones(4, 2),),
        [(torch.ones(7, 2),)],
        dynamic_shapes=DYNAMIC,
    )
    assert (one.half.__code__, two.half.__code__) == before


def test_source_that_has_changed_since_is_not_used(tmp_path):
    """What runs is not what is on disk: the size is asked for its value as without rewriting."""
    path = tmp_path / "changed.py"
    path.write_text("def half(x):\n    return x[: int(x.shape[0] / 2)]\n")
    module = module_from(path, "changed")
    path.write_text("def half(x):\n    return x[: int(x.shape[0] / 3)]\n")

    assert_refused(module.half, (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)
    assert fullgraph.export(module.half, (torch.ones(4, 2),), dynamic_shapes={"x": "4 _"})(
        torch.ones(4, 2)
    ).shape == (2, 2)


def test_functions_without_source_are_refused_with_advice():
    namespace = {}
    exec("def half(x):\n    return x[: int(x.shape[0] / 2)]", namespace)

    error = assert_refused(namespace["half"], (torch.ones(4, 2),), dynamic_shapes=DYNAMIC)
    assert "dynamic_shapes=" in error.instead


def test_future_imports_are_kept(tmp_path):
    """Annotations that nobody may evaluate stay text."""
    path = tmp_path / "future.py"
    path.write_text(
        "from __future__ import annotations\n\n\ndef half(x: Undefined) -> Undefined:\n"
        "    def inner(n: Undefined):\n        return int(n / 2)\n\n    return x[: inner(x.shape[0])]\n"
    )
    module = module_from(path, "future")

    assert_same(module.half, (torch.ones(4, 2),), [(torch.ones(7, 2),)], dynamic_shapes=DYNAMIC)


def test_a_program_that_catches_everything_is_traced_anew():
    """Nobody's `except:` hides that a function has to be rewritten."""

    def fn(x):
        try:
            n = int(x.shape[0])
        except:  # noqa: E722
            n = 0
        return x + n

    assert_same(fn, (torch.ones(4, 2),), [(torch.ones(7, 2),)], dynamic_shapes=DYNAMIC)
    assert not issubclass(Asked, Exception)


def test_nothing_is_rewritten_that_does_not_ask():
    """With static sizes, and where a size is only computed with, no code is ever compiled."""

    def fn(x):
        return x[: x.shape[0] // 2] * len(x)

    seen = []

    def note(x):
        seen.append(sys._getframe().f_back.f_code)
        return x

    program = fullgraph.export(lambda x: note(fn(x)), (torch.ones(4, 2),))

    assert program(torch.ones(4, 2)).shape == (2, 2)
    assert all("select" not in code.co_names for code in seen)
    assert functions_with(fn.__code__) == [fn]
