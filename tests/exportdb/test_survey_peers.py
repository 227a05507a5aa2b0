"""Our specs in the words of `torch.export`, and our functions as its own."""

import sys
import types

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.exportdb.subjects import Subject
from fullgraph.exportdb.survey import NotApplicable
from fullgraph.exportdb.survey.peers import as_module, dynamic_shapes_for_torch, in_words_of_torch
from fullgraph.testing import Call


def said(fn, *args, dynamic_shapes=None, constraints=None, auto=False):
    call = Call(args)
    subject = Subject("s", lambda: fn, call, dynamic_shapes=dynamic_shapes, constraints=constraints)
    return dynamic_shapes_for_torch(subject, fn, call, auto=auto)


def test_names_ranges_and_derived_dims():
    spec = said(
        lambda x, y: x,
        torch.ones(4, 7),
        torch.ones(3),
        dynamic_shapes={"x": "2*n m", "y": "n+1"},
        constraints=["m <= 9"],
    )

    assert repr(spec["x"][0]) == "Dim('2*n', min=0)" or "2*n" in repr(spec["x"][0])
    assert (spec["x"][1].__name__, spec["x"][1].max) == ("m", 9)
    assert "n + 1" in repr(spec["y"][0])


def test_what_torch_cannot_say_is_automatic():
    spec = said(lambda x, y: x, torch.ones(4), torch.ones(2), dynamic_shapes={"x": "n", "y": "n//2"})

    assert spec["x"][0].__name__ == "n"
    assert spec["y"] == {0: torch.export.Dim.AUTO}
    again = said(lambda x: x, torch.ones(4), dynamic_shapes={"x": "n"}, auto=True)
    assert again == {"x": {0: torch.export.Dim.AUTO}}


def test_nested_arguments_unnamed_dims_and_numbers():
    spec = said(
        lambda xs, scale: xs["a"],
        {"a": torch.ones(3), "b": [torch.ones(2, 2), 5]},
        2,
        dynamic_shapes={"xs": {"a": [Dim.DYNAMIC], "b": [{1: Dim.AUTO}, None]}, "scale": Dim.DYNAMIC},
    )

    assert spec == {
        "xs": {"a": {0: torch.export.Dim.DYNAMIC}, "b": [{1: torch.export.Dim.AUTO}, None]},
        "scale": torch.export.Dim.DYNAMIC,
    }


def test_nothing_dynamic_is_nothing_said():
    assert said(lambda x: x, torch.ones(3)) is None


def test_a_spec_that_we_refuse_is_not_held_against_torch():
    with pytest.raises(NotApplicable, match="Its specs are refused"):
        said(lambda x: x, torch.ones(3), dynamic_shapes={"y": "n"})


def test_a_function_as_a_module_keeps_its_signature():
    module = as_module(lambda x, *, scale=2: x * scale)

    assert module(torch.ones(1), scale=3).item() == 3
    assert as_module(module) is module


WRITTEN = """
import torch, fullgraph
from fullgraph import cond

def program(x):
    return fullgraph.cond(x.sum() > 0, torch.sin, torch.cos, (x,)), cond

def switching(x):
    return fullgraph.switch(x, [torch.sin], (x,))
"""


@pytest.fixture
def written(monkeypatch):
    module = types.ModuleType("written_by_a_user")
    monkeypatch.setitem(sys.modules, "written_by_a_user", module)
    yield module
    assert module.fullgraph is fullgraph


def test_our_functions_are_torch_s_while_it_exports(written):
    exec(WRITTEN.split("def switching")[0], vars(written))
    with in_words_of_torch(written.program):
        assert written.fullgraph.cond is torch.cond
        assert written.cond is torch.cond
        assert written.fullgraph.Dim is Dim
    assert written.cond is fullgraph.cond


def test_a_function_of_ours_without_a_counterpart(written):
    exec(WRITTEN, vars(written))
    with pytest.raises(NotApplicable, match="fullgraph.switch"), in_words_of_torch(written.program):
        pass
