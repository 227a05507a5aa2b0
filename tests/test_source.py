"""source.py: which line is the user's, and how it is shown."""

import dataclasses
import json
import pickle
import subprocess
import sys
import types

import pytest
import torch

from fullgraph import source
from fullgraph.source import Origin, Owner, origin_here, owner_of, trace_boundary

has_columns = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python knows columns since 3.11")


def run_as(filename, text, **names):
    """Run text as the source of a file that exists only in linecache; return its names."""
    import linecache

    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = types.ModuleType("under_test")
    vars(module).update(names, origin_here=origin_here)
    exec(compile(text, filename, "exec"), vars(module))
    return module


LIBRARY = "/env/lib/python3.11/site-packages/models/modeling.py"
USER = "/home/user/model.py"
TORCH = torch.__file__.replace("__init__.py", "functional.py")
TORCH_NN = torch.__file__.replace("__init__.py", "nn/modules/linear.py")

WRAPPER = "def call(f, *args):\n    return f(*args)\n"


def test_the_line_that_runs():
    module = run_as(USER, "def forward():\n    a = 1\n    return origin_here()\n")

    origin = module.forward()

    assert (origin.file, origin.line, origin.function) == (USER, 3, "forward")
    assert str(origin) == "model.py:3"
    assert origin.path == f"{USER}:3"
    assert origin.text == "return origin_here()"
    assert (origin.as_text[-1].function, origin.as_text[-1].line) == ("forward", 3)
    assert origin.innermost is None


@has_columns
def test_carets_stand_below_the_expression():
    module = run_as(
        USER, "def forward(y):\n    y = y + (0 * origin_here().line)\n    return origin_here(), y\n"
    )

    origin, _ = module.forward(1)

    assert origin.text == "return origin_here(), y"
    assert origin.carets == "       ^^^^^^^^^^^^^"
    assert origin.segment == "origin_here()"


@has_columns
def test_columns_count_characters_not_bytes():
    module = run_as(USER, "def forward():\n    return 'größe', origin_here()\n")

    origin = module.forward()[1]

    assert origin.segment == "origin_here()"


@has_columns
def test_no_carets_when_they_would_underline_the_whole_line():
    module = run_as(USER, "def forward(out):\n    out.append(\n        origin_here()\n    )\n")
    out = []
    module.forward(out)

    assert out[0].carets == ""
    assert out[0].segment == "origin_here()"


def test_a_statement_over_several_lines_shows_its_first_line_too():
    text = "def forward():\n    both = [\n        1,\n        origin_here(),\n    ]\n    return both\n"

    origin = run_as(USER, text).forward()[1]

    assert origin.line == 4
    assert origin.text == "both = [\n    origin_here(),"


def test_a_line_in_a_body_does_not_show_the_header_of_the_body():
    text = "def forward(\n    n,\n):\n    for _ in range(\n        n\n    ):\n        return origin_here()\n"

    assert run_as(USER, text).forward(1).text == "return origin_here()"


def test_a_library_called_by_the_user_is_not_the_users_line():
    library = run_as(LIBRARY, "def block():\n    return origin_here()\n")
    user = run_as(USER, "def forward():\n    return block()\n", block=library.block)

    origin = user.forward()

    assert str(origin) == "model.py:2"
    assert str(origin.innermost) == "modeling.py:2"
    assert origin.innermost.function == "block"
    assert LIBRARY not in origin.stack_trace


def test_a_users_function_called_by_a_library_is():
    user = run_as(USER, "def hook():\n    return origin_here()\n")
    library = run_as(LIBRARY, WRAPPER)

    assert str(library.call(user.hook)) == "model.py:2"


def test_a_library_exported_directly_is_shown():
    """Without a line of the user between boundary and operator it is the library's innermost line."""
    library = run_as(LIBRARY, "def inner():\n    return origin_here()\ndef outer():\n    return inner()\n")
    trace = trace_boundary(run_as("<fullgraph test>", WRAPPER).call)

    origin = trace(library.outer)

    assert str(origin) == "modeling.py:2"
    assert [place.function for place in origin.as_text] == ["outer", "inner"]


def test_nothing_beyond_the_trace_boundary_is_shown():
    user = run_as(USER, "def forward():\n    return origin_here()\n")
    trace = trace_boundary(run_as("<fullgraph test>", WRAPPER).call)

    assert [place.function for place in trace(user.forward).as_text] == ["forward"]


def test_our_frames_torchs_and_pythons_are_left_out():
    user = run_as(USER, "def forward():\n    return origin_here()\n")
    ours, torchs = run_as("<fullgraph test>", WRAPPER), run_as(TORCH, WRAPPER)
    pythons = run_as(json.__file__, WRAPPER)

    origin = trace_boundary(ours.call)(torchs.call, pythons.call, user.forward)

    assert [place.file for place in origin.as_text] == [USER]


def test_a_module_of_torch_exported_directly_shows_its_line_in_torch_nn():
    linear = run_as(
        TORCH_NN, "def forward():\n    return call(origin_here)\n", call=run_as(TORCH, WRAPPER).call
    )
    trace = trace_boundary(run_as("<fullgraph test>", WRAPPER).call)

    assert str(trace(linear.forward)) == "linear.py:2"


def test_an_operator_exported_directly_has_no_line():
    origin = trace_boundary(run_as("<fullgraph test>", WRAPPER).call)(origin_here)

    assert not origin.known
    assert (str(origin), origin.path, origin.text, origin.stack_trace) == ("<unknown>", "<unknown>", "", "")
    assert origin.innermost is None


def test_code_without_a_file_has_a_line_number_and_no_text():
    names = {"origin_here": origin_here}
    exec("def f():\n    return origin_here()\n", names)

    origin = names["f"]()

    assert str(origin) == "<string>:2"
    assert (origin.text, origin.carets, origin.segment) == ("", "", "")
    assert origin.stack_trace.endswith('  File "<string>", line 2, in f\n')


def test_stack_trace_has_the_form_of_a_traceback():
    module = run_as(USER, "def inner():\n    return origin_here()\ndef outer():\n    return inner()\n")
    trace = trace_boundary(run_as("<fullgraph test>", WRAPPER).call)

    assert trace(module.outer).stack_trace == (
        f'  File "{USER}", line 4, in outer\n    return inner()\n'
        f'  File "{USER}", line 2, in inner\n    return origin_here()\n'
    )


def test_an_origin_is_a_value_and_can_be_pickled():
    module = run_as(USER, "def forward():\n    return [origin_here() for _ in range(2)]\n")

    first, second = module.forward()

    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)).text == first.text
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.places = ()


def test_a_path_below_the_current_directory_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = str(tmp_path / "models" / "net.py")
    origin = run_as(file, "def forward():\n    return origin_here()\n").forward()

    assert origin.path == "models/net.py:2"


@pytest.mark.parametrize(
    ("filename", "owner"),
    [
        (source.__file__, Owner.FULLGRAPH),
        (source.__file__.replace("source.py", "exportdb/cases/dynamic_shape_view.py"), Owner.USER),
        ("<fullgraph check>", Owner.FULLGRAPH),
        (torch.__file__, Owner.TORCH),
        (torch.nn.functional.__file__, Owner.TORCH_NN),
        (torch.nn.Linear.forward.__code__.co_filename, Owner.TORCH_NN),
        (torch.nn.Module.__call__.__code__.co_filename, Owner.TORCH),
        (pytest.__file__, Owner.PACKAGE),
        ("/usr/lib/python3/dist-packages/models/net.py", Owner.PACKAGE),
        ("<eval_with_key>.3", Owner.PACKAGE),
        (json.__file__, Owner.STANDARD_LIBRARY),
        ("<frozen importlib._bootstrap>", Owner.STANDARD_LIBRARY),
        (__file__, Owner.USER),
        ("<stdin>", Owner.USER),
        ("<ipython-input-1-abc>", Owner.USER),
    ],
)
def test_owner(filename, owner):
    assert owner_of(filename) is owner


def test_importing_it_does_not_import_torch():
    """Errors and source are below everything: they must be cheap and free of torch."""
    code = (
        f"import sys; sys.path.insert(0, {source._OURS!r}); import source; assert 'torch' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_origins_do_not_keep_locals_alive():
    module = run_as(USER, "def forward(kept):\n    return origin_here()\n")
    tensor = torch.ones(3)
    before = sys.getrefcount(tensor)

    origin = module.forward(tensor)

    assert isinstance(origin, Origin)
    assert sys.getrefcount(tensor) == before


def test_an_origin_of_text_says_the_same():
    origin = origin_here()
    kept = Origin(origin.as_text)

    for name in ("file", "line", "function", "text", "carets", "segment", "stack_trace", "path", "known"):
        assert getattr(kept, name) == getattr(origin, name)
    assert kept.as_text == origin.as_text
