"""state.py, watching.py: Python state is put back; refused when read and changed, listed when only written."""

import collections
import functools
import types

import pytest
import torch

import fullgraph
from fullgraph.errors import Unsupported
from fullgraph.tracing.state import PythonState, with_state_put_back

T = torch.ones(2)
COUNT = 0
LAST = None
HISTORY = []


def _never(first, changes):
    return False


class Model(torch.nn.Module):
    shared = 0

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)
        self.register_buffer("seen", torch.zeros(1))
        self.n = 0
        self.last = None
        self.cache = None
        self.outs = []
        self.stats = {"calls": {"n": 0}}
        self.notes = types.SimpleNamespace(a=1)
        self.helper = Helper()

    def forward(self, x):
        return x


class Helper:
    def __init__(self):
        self.n = 0


def trace(program, *args):
    """Stand in for a trace: run the program, and once more where that is needed; return what it wrote."""
    runs = []

    def run(state):
        runs.append(program(*args))
        return [(entry.path, entry.kind) for entry in state.written], state.rebound_buffers()

    written, rebound = with_state_put_back(program, run, lambda first, changes: lambda second: False, _never)
    return written, rebound, len(runs)


def of_model(body):
    """Make a bound method of a fresh model whose body is given; return the model too."""
    model = Model()
    return model, types.MethodType(body, model)


def test_a_program_that_changes_nothing_runs_once():
    """Nothing is listed, and no second run is needed."""
    _, program = of_model(lambda self, x: self.inner(x))

    assert trace(program, T) == ([], [], 1)


def write_only(self, x):
    self.last = x
    self.inner.note = x
    self.outs.append(x)
    self.stats["calls"]["m"] = x
    self.helper.m = 1


def test_state_that_is_only_written_is_put_back_and_listed():
    """Attributes of modules and objects, items of lists and dicts, at their paths."""
    model, program = of_model(write_only)
    before = [model.outs, model.stats["calls"]]

    written, _, runs = trace(program, T)

    assert sorted(written) == [
        ("helper.m", "attribute"),
        ("inner.note", "attribute"),
        ("last", "attribute"),
        ("outs", "contents"),
        ("stats['calls']", "contents"),
    ]
    assert runs == 2
    assert model.last is None
    assert not hasattr(model.inner, "note")
    assert not hasattr(model.helper, "m")
    assert model.outs is before[0]
    assert model.outs == []
    assert model.stats["calls"] is before[1]
    assert before[1] == {"n": 0}


def counter(self, x):
    self.n += 1


def lazily(self, x):
    if self.cache is None:
        self.cache = x * 2
    return self.cache


def lazily_new(self, x):
    if not hasattr(self, "made"):
        self.made = x


def lazily_module(self, x):
    if getattr(self, "proj", None) is None:
        self.proj = torch.nn.Linear(2, 2)


def length(self, x):
    self.outs.append(x)
    return len(self.outs)


def concatenated(self, x):
    self.outs.append(x)
    return torch.cat(self.outs)


def nested(self, x):
    self.stats["calls"]["n"] += 1


def of_helper(self, x):
    self.helper.n += 1


def buffer_to_none(self, x):
    if self.seen is not None:
        self.seen = None


def of_class(self, x):
    type(self).shared = type(self).shared + 1


@pytest.mark.parametrize(
    "body",
    [
        counter,
        lazily,
        lazily_new,
        lazily_module,
        length,
        concatenated,
        nested,
        of_helper,
        buffer_to_none,
        of_class,
    ],
    ids=lambda body: body.__name__,
)
def test_state_that_is_read_and_changed_is_refused(body):
    """With the line that reads it; everything is put back."""
    model, program = of_model(body)
    before = {name: repr(value) for name, value in vars(model).items()}

    with pytest.raises(Unsupported, match="Python state that the program reads and changes") as caught:
        trace(program, T)

    assert caught.value.where.file == __file__
    assert {name: repr(value) for name, value in vars(model).items()} == before
    assert Model.shared == 0
    assert not any(type(value).__name__ == "_Watched" for value in vars(Model).values())


def test_the_advice_is_a_buffer():
    """For an attribute of a module, with its name."""
    _, program = of_model(counter)

    with pytest.raises(Unsupported, match=r"self.register_buffer\('n', torch.tensor\(...\)\)"):
        trace(program, T)


def written_first(self, x):
    self.last = x
    self.n = 5
    self.n += 1
    self.outs.clear()
    self.outs.append(x)
    self.stats["fresh"] = 1
    self.fresh = []
    self.fresh.append(self.last)
    return self.last + self.n + len(self.outs) + self.stats["fresh"]


def test_reading_what_was_written_in_this_run_is_fine():
    """It is not of the call before."""
    model, program = of_model(written_first)

    assert trace(program, T)[2] == 2
    assert model.n == 0


def test_a_buffer_that_holds_another_tensor_is_a_mutation():
    """Not a piece of Python state: no second run, and the buffer it replaces is known."""
    model, program = of_model(lambda self, x: setattr(self, "seen", self.seen + 1))
    before = model.seen

    written, rebound, runs = trace(program, T)

    assert written == []
    assert [buffer is before for buffer, _ in rebound] == [True]
    assert runs == 1
    assert model.seen is before


def count_globally(x):
    global COUNT
    COUNT += 1


def keep_globally(x):
    global LAST
    LAST = x


def append_globally(x):
    HISTORY.append(x)


def test_globals():
    """Read and changed: refused; only written: put back."""
    with pytest.raises(Unsupported, match="The global `COUNT`"):
        trace(count_globally, T)
    assert trace(keep_globally, T)[0] == [("LAST", "global")]
    assert trace(append_globally, T)[0] == [("HISTORY", "contents")]
    assert (COUNT, LAST, HISTORY) == (0, None, [])


def test_looking_for_tensors_in_a_container_is_no_read_of_the_program():
    """What a program holds is searched while containers are watched."""
    fullgraph.export(append_globally, (T,))
    assert HISTORY == []


def test_closure_cells():
    """As for globals."""
    n, last, log = 0, None, []

    def count(x):
        nonlocal n
        n += 1

    def keep(x):
        nonlocal last
        last = x
        log.append(x)

    with pytest.raises(Unsupported, match="The closure variable `n`"):
        trace(count, T)
    assert sorted(trace(keep, T)[0]) == [("last", "closure variable"), ("log", "contents")]
    assert (n, last, log) == (0, None, [])


def test_the_attributes_of_a_bound_object():
    """A method of any object, not only of a module."""

    class Counter:
        def __init__(self):
            self.n = 0

        def step(self, x):
            self.n += 1
            return x

        def __call__(self, x):
            self.last = x

    counter = Counter()
    with pytest.raises(Unsupported, match="`self.n`"):
        trace(counter.step, T)
    assert trace(counter, T)[0] == [("self.last", "attribute")]
    assert vars(counter) == {"n": 0}


def test_a_list_that_is_also_held_elsewhere_counts_as_read():
    """A bound method or a tuple reaches it where nobody watches."""
    model = Model()
    held = (model.outs,)
    program = types.MethodType(lambda self, x: self.outs.append(x) or len(held[0]), model)

    with pytest.raises(Unsupported, match="`outs` is Python state"):
        trace(program, T)


def test_functions_that_keep_state():
    """Attributes of a function, and what functions in its closure close over."""

    def attribute(x):
        attribute.calls = attribute.calls + 1

    attribute.calls = 0
    n = 0

    def helper():
        nonlocal n
        n += 1

    def calls_helper(x):
        helper()

    with pytest.raises(Unsupported, match="The function attribute `attribute.calls`"):
        trace(attribute, T)
    with pytest.raises(Unsupported, match="The closure variable `n`"):
        trace(calls_helper, T)
    assert (attribute.calls, n) == (0, 0)


def test_modules_in_a_plain_list():
    """They are not submodules, but hold state as those do."""
    model = Model()
    model.hidden = [torch.nn.Linear(2, 2)]
    program = types.MethodType(lambda self, x: setattr(self.hidden[0], "note", x), model)

    assert trace(program, T)[0] == [("hidden[0].note", "attribute")]
    assert not hasattr(model.hidden[0], "note")


def test_what_only_the_first_call_prepares_is_accepted():
    """When a second call, in the state that the first left, does the same and changes nothing."""
    model, program = of_model(lambda self, x: setattr(self, "n", 7) if self.n != 7 else None)

    def run(state):
        program(T)
        return "recorded"

    assert with_state_put_back(program, run, lambda first, changes: lambda second: True, _never) == "recorded"
    assert model.n == 0
    with pytest.raises(Unsupported, match="reads and changes"):
        with_state_put_back(program, run, lambda first, changes: lambda second: False, _never)


def test_errors_of_the_program_leave_nothing_behind():
    """The state is as before, and the error passes through."""
    model, program = of_model(lambda self, x: (setattr(self, "n", 9), self.outs.append(1), 1 / 0))

    with pytest.raises(ZeroDivisionError):
        trace(program, T)
    assert (model.n, model.outs) == (0, [])


def test_order_is_put_back_too():
    """A dict that was reordered is as it was."""
    model = Model()
    model.outs = collections.OrderedDict(a=1, b=2)
    program = types.MethodType(lambda self, x: self.outs.move_to_end("a"), model)

    with PythonState(program):
        program(T)
    assert list(model.outs) == ["a", "b"]


def test_hooks_registered_by_the_program_are_taken_away():
    """They are state as any other."""
    model = Model()
    program = types.MethodType(lambda self, x: self.inner.register_forward_hook(print), model)

    with PythonState(program) as state:
        program(T)
        assert [change.path for change in state.changes()] == ["inner.hooks"]
    assert not model.inner._forward_hooks


def test_caches_of_functions_are_emptied_of_traced_tensors():
    """What `lru_cache` keeps from a trace must not be found by the next call."""
    namespace = types.ModuleType("cached_program")
    namespace.torch = torch
    namespace.functools = functools
    exec(
        "@functools.lru_cache\ndef mask(n):\n    return torch.ones(n)\ndef program(x):\n    return mask(2)\n",
        vars(namespace),
    )
    program = namespace.program

    assert trace(program, T)[0] == []
    assert namespace.mask.cache_info().currsize == 0


def test_a_generator_of_the_programs_own_is_refused():
    """Its numbers come from outside the graph."""
    np = pytest.importorskip("numpy")
    model = Model()
    model.rng = np.random.default_rng(0)
    program = types.MethodType(lambda self, x: self.rng.normal(), model)

    with pytest.raises(Unsupported, match="draws random numbers from `rng`"):
        trace(program, T)
