"""effects.py: the clock, chance and the environment are refused to the program, and to nobody else."""

import datetime as dt
import logging
import os
import pathlib
import random
import secrets
import threading
import time
import uuid
from random import random as chance
from time import time as now

import numpy as np
import pytest
import torch

import fullgraph
from fullgraph.errors import Unsupported
from fullgraph.tracing.effects import constant, refusing_ambient_effects

CLOSED_OVER = time.time


def run(program):
    with refusing_ambient_effects(program) as watch:
        result = program()
    return result, watch


AMBIENT = {
    "time.time": lambda: time.time(),
    "by value": lambda: now(),
    "time.perf_counter": lambda: time.perf_counter(),
    "datetime.now": lambda: dt.datetime.now(),  # noqa: DTZ005
    "datetime.utcnow": lambda: dt.datetime.utcnow(),  # noqa: DTZ003
    "date.today": lambda: dt.date.today(),  # noqa: DTZ011
    "random.random": lambda: random.random(),
    "random by value": lambda: chance(),
    "random.choice": lambda: random.choice([1, 2]),
    "own generator": lambda: random.Random(0).random(),
    "os.environ.get": lambda: os.environ.get("HOME"),
    "os.environ[]": lambda: os.environ["PATH"],
    "in os.environ": lambda: "PATH" in os.environ,
    "os.getenv": lambda: os.getenv("HOME"),
    "os.urandom": lambda: os.urandom(4),
    "open": lambda: open(os.devnull),
    "Path.read_text": lambda: pathlib.Path(os.devnull).read_text(),
    "input": lambda: input(),
    "np.random.rand": lambda: np.random.rand(3),  # noqa: NPY002
    "np.random.default_rng": lambda: np.random.default_rng(),
    "uuid": lambda: uuid.uuid4(),
    "secrets": lambda: secrets.token_hex(),
    "another name": lambda: CLOSED_OVER(),
}


@pytest.mark.parametrize("name", AMBIENT)
def test_ambient_effects_are_refused_with_their_line(name):
    """The error shows the user's line and offers `constant`."""
    with pytest.raises(Unsupported) as caught:
        run(AMBIENT[name])

    assert caught.value.where.file == __file__
    assert "fullgraph.constant" in caught.value.instead


def test_a_name_in_the_closure_is_found():
    """Also when the function is only known by a name of its own."""
    clock = time.time

    def program():
        return clock()

    with pytest.raises(Unsupported, match="time.time"):
        run(program)
    assert clock is time.time


def test_constant_allows_and_lists():
    """The value is fixed, and the program says so."""

    def program():
        return (
            constant(time.time),
            constant(os.environ.get, "NOT_SET", "default"),
            constant(lambda: random.random()),
        )

    result, watch = run(program)

    assert result[1] == "default"
    assert [fixed.value for fixed in watch.fixed] == list(result)
    assert watch.fixed[0].name == "time"
    assert watch.fixed[0].origin.file == __file__


def test_constant_is_a_plain_call_outside():
    """Eager programs are not changed by it."""
    assert constant(max, 1, 2) == 2
    assert constant(dict, a=1) == {"a": 1}


def test_a_tensor_of_constant_is_made_at_export():
    """Random numbers too: the program adds the same ones in each call."""

    def program(x):
        return x + constant(torch.rand, 2)

    exported = fullgraph.export(program, (torch.zeros(2),))

    assert torch.equal(exported(torch.zeros(2)), exported(torch.zeros(2)))
    assert torch.equal(exported(torch.ones(2)), exported(torch.zeros(2)) + 1)


@pytest.mark.parametrize(
    "program",
    [lambda x: constant(torch.sin, x), lambda x: constant(range, x.shape[0]), lambda x: constant(lambda: x)],
    ids=["tensor", "size", "closure"],
)
def test_constant_of_an_input_is_refused(program):
    """The value at export would be given for every input."""
    with pytest.raises(Unsupported, match="a traced value"):
        fullgraph.export(program, (torch.ones(3),), dynamic_shapes=["n"])


def test_torch_and_the_standard_library_may_ask():
    """Logging takes the time, torch reads its settings; datetime without the clock is fine."""

    def program():
        logging.getLogger("quiet").debug("now")
        logging.LogRecord("n", 1, "p", 1, "m", (), None)
        moment = dt.datetime(2020, 1, 2)  # noqa: DTZ001
        assert isinstance(moment, dt.datetime)
        assert dt.datetime.fromisoformat("2020-01-02") == moment
        torch.manual_seed(0)
        return torch.rand(2)

    run(program)


def test_other_threads_are_not_refused():
    """A trace concerns its own thread."""
    seen = []

    def program():
        thread = threading.Thread(
            target=lambda: seen.append((time.time(), random.random(), os.environ.get("HOME")))
        )
        thread.start()
        thread.join()

    run(program)

    assert len(seen) == 1


def test_everything_is_put_back():
    """Also after an error."""
    before = (
        time.time,
        now,
        dt.datetime,
        os.getenv,
        open,
        vars(random.Random).get("random"),
        np.random.rand,
    )
    with pytest.raises(Unsupported):
        run(AMBIENT["by value"])

    after = (
        time.time,
        now,
        dt.datetime,
        os.getenv,
        open,
        vars(random.Random).get("random"),
        np.random.rand,
    )
    assert all(old is new or old == new for old, new in zip(before, after))
    assert not hasattr(time.time, "__wrapped__")
    assert isinstance(dt.datetime, type)


def test_traces_may_be_nested():
    """An export inside of an export refuses as well, and the outer one goes on refusing."""

    def outer():
        with pytest.raises(Unsupported):
            run(AMBIENT["time.time"])
        return time.time()

    with pytest.raises(Unsupported):
        run(outer)


def test_a_module_imported_by_the_program_may_ask(tmp_path, monkeypatch):
    """Its top-level code is not the program."""
    (tmp_path / "fullgraph_test_imported.py").write_text(
        "import os, time\nHOME = os.environ.get('HOME')\nT = time.time()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def program():
        import fullgraph_test_imported

        return fullgraph_test_imported.T

    assert run(program)[0] > 0
