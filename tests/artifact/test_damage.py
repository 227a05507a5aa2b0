"""A file that is not what was written is refused with an `ArtifactError` that says so, and runs nothing."""

import copy
import json
import random
import struct
from collections import deque
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

import fullgraph
from fullgraph.artifact.operators import find_operators
from fullgraph.errors import ArtifactError, FullgraphError


def branching(x, y, scale=2.0):
    return torch.cond(x.sum() > 0, torch.sin, torch.cos, (x,)) * scale + y[: x.shape[0] // 2].sum()


def program():
    return fullgraph.export(branching, (torch.ones(4), torch.ones(8)), dynamic_shapes={"x": "n", "y": "2*n"})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.fgx"
    program().save(path)
    return path


def document_of(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    return json.loads(header["__metadata__"]["fullgraph"]), data, length, header


def with_document(path, change, target):
    """Write the file again with a changed document."""
    document, data, length, header = document_of(path)
    document = change(document)
    header["__metadata__"]["fullgraph"] = document if isinstance(document, str) else json.dumps(document)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    return target


def assert_damaged(path, words):
    with pytest.raises(ArtifactError, match=words):
        fullgraph.load(path)


def test_the_test_itself_writes_files_that_load(saved, tmp_path):
    fullgraph.load(with_document(saved, lambda document: document, tmp_path / "m.fgx"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        fullgraph.load(tmp_path / "none.fgx")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 100, b"PK\x03\x04" * 50])
def test_another_file(content, tmp_path):
    (tmp_path / "m.fgx").write_bytes(content)
    assert_damaged(tmp_path / "m.fgx", "is no saved program")


def test_weights_without_a_program(tmp_path):
    save_file({"a": torch.ones(2)}, tmp_path / "m.safetensors")
    assert_damaged(tmp_path / "m.safetensors", "is no saved program")


def test_a_truncated_file(saved, tmp_path):
    data = saved.read_bytes()
    for length in range(0, len(data), 997):
        (tmp_path / "m.fgx").write_bytes(data[:length])
        assert_damaged(tmp_path / "m.fgx", "is no saved program")


def test_a_newer_version(saved, tmp_path):
    newer = with_document(saved, lambda d: {**d, "format_version": 99}, tmp_path / "m.fgx")
    assert_damaged(newer, "format version 99; this fullgraph reads up to 1")


@pytest.mark.parametrize("version", [0, "1", None, True])
def test_a_version_that_is_none(saved, version, tmp_path):
    assert_damaged(
        with_document(saved, lambda d: {**d, "format_version": version}, tmp_path / "m.fgx"), "is damaged"
    )


def test_a_document_that_is_no_json(saved, tmp_path):
    assert_damaged(with_document(saved, lambda _: "{", tmp_path / "m.fgx"), "is damaged")


def test_operators_that_do_not_exist_are_all_named(saved, tmp_path):
    path = with_document(
        saved,
        lambda d: {**d, "operators": {**d["operators"], "mylib.one.default": "x", "mylib.two.default": "x"}},
        tmp_path / "m.fgx",
    )
    assert_damaged(path, r"`mylib.one.default`, `mylib.two.default`(.|\n)*registers the operators of `mylib`")


def test_an_operator_whose_arguments_have_changed():
    name = "aten.softmax.int"
    now = str(torch.ops.aten.softmax.int._schema)
    assert now == "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor"
    find_operators({name: now})
    # One more argument with a default is nothing to an older program.
    find_operators({name: "aten::softmax.int(Tensor self, int dim) -> Tensor"})
    for other in (
        "aten::softmax.int(Tensor self, float dim, ScalarType? dtype=None) -> Tensor",
        "aten::softmax.int(Tensor self) -> Tensor",
        "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None, bool new=False) -> Tensor",
        "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor[]",
    ):
        with pytest.raises(ArtifactError, match="have changed: `aten.softmax.int`"):
            find_operators({name: other})


def test_operators_under_python_s_names():
    assert find_operators({"aten.__and__.Tensor": str(torch.ops.aten.__and__.Tensor._schema)})


@pytest.mark.parametrize(
    "name",
    [
        *("operator.attrgetter", "operator.call", "operator.methodcaller", "builtins.exec", "builtins.eval"),
        *(
            "os.system",
            "torch.load",
            "torch.sym_max.__class__",
            "math.__loader__",
            "aten.__init__",
            "higher_order",
        ),
        *("aten.add", "_dir", "aten.add.Tensor.decompose", ""),
    ],
)
def test_functions_that_a_graph_may_not_call(name):
    with pytest.raises(ArtifactError, match="do not exist here"):
        find_operators({name: None})


def replaced(document, old, new):
    return json.loads(json.dumps(document).replace(json.dumps(old), json.dumps(new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x", "x, y=print('ran')"),  # a placeholder
        ("sin_default", "a: print('ran')"),
        ({"expr": "n"}, {"expr": "print('ran')"}),
        ({"expr": "n"}, {"expr": "().__class__"}),
        ({"enum": ["ContainerKind", "DICT"]}, {"enum": ["ContainerKind", "SET"]}),
        ({"named": "builtins:dict"}, {"named": "subprocess:Popen"}),
        ({"named": "builtins:dict"}, {"named": "os:environ"}),
        ({"named": "builtins:dict"}, {"named": "antigravity:x"}),
        ({"torch": "float32"}, {"torch": "load"}),
        ({"torch": "float32"}, {"torch": "strided"}),
        ({"device": "cpu"}, {"device": "nowhere"}),
        ({"float": "inf"}, "print('ran')"),  # an end of a range
        (["x", "y", "scale"], ["x", "print('ran')", "scale"]),  # what the arguments are called
    ],
)
def test_forged_fields_run_nothing(saved, old, new, tmp_path, capsys):
    document = document_of(saved)[0]
    assert replaced(document, old, new) != document
    path = with_document(saved, lambda d: replaced(d, old, new), tmp_path / "m.fgx")
    try:
        fullgraph.load(path)(torch.ones(4), torch.ones(8))
    except ArtifactError:
        pass
    else:  # what is of no consequence may be anything
        assert old == ["x", "y", "scale"]

    assert "ran" not in capsys.readouterr().out


def test_forged_keys_and_contexts_of_containers_run_nothing(tmp_path, capsys):
    """What goes into generated text is written there as a value, whatever a file says of it."""

    def fn(window, queue, state):
        state["n"] = state["n"] + 1
        return queue[0][window] + queue[1]

    args = (slice(0, 2, None), deque([torch.ones(3), torch.ones(2)], maxlen=7), {"n": torch.ones(())})
    fullgraph.export(fn, args).save(tmp_path / "m.fgx")
    document = document_of(tmp_path / "m.fgx")[0]
    places = [path for path in places_in(document) if path and path[-1] == "context" or "keys" in path[-2:]]
    assert len(places) > 8
    for number, (*way, last) in enumerate(places):

        def change(document, way=way, last=last):
            at = document
            for step in way:
                at = at[step]
            at[last] = ["print('ran')"] if last == "keys" else "print('ran')"
            return document

        forged = with_document(tmp_path / "m.fgx", change, tmp_path / f"{number}.fgx")
        try:
            fullgraph.load(forged)(*args)
        except (FullgraphError, TypeError, ValueError, LookupError):
            pass
    assert "ran" not in capsys.readouterr().out


def places_in(value, path=()):
    """Return the way to each value inside a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*path, key))


OTHER_VALUES = [
    None,
    True,
    -1,
    0,
    10**30,
    "",
    "x",
    "f(x)",
    1.5,
    [],
    {},
    [1, 2],
    {"expr": "n"},
    {"tensor": 99},
    {"a": 1},
]


@pytest.mark.parametrize("seed", range(150))
def test_any_other_value_anywhere_is_refused_or_gives_a_program(saved, seed, tmp_path):
    """Nothing but an `ArtifactError` comes out of `load`, whatever is in the document."""
    choose = random.Random(seed)

    def change(document):
        for _ in range(choose.choice([1, 1, 3])):
            *way, last = choose.choice([path for path in places_in(document) if path])
            at = document
            for step in way:
                at = at[step]
            if choose.random() < 0.2 and isinstance(at, dict):
                del at[last]
            else:
                at[last] = copy.deepcopy(choose.choice(OTHER_VALUES))
        return document

    try:
        loaded = fullgraph.load(with_document(saved, change, tmp_path / "m.fgx"))
    except ArtifactError:
        return
    try:
        loaded(torch.ones(4), torch.ones(8))
    except (
        FullgraphError,
        ArithmeticError,
        TypeError,
        RuntimeError,
        ValueError,
        AttributeError,
        LookupError,
    ):
        pass


def test_an_older_version_is_brought_up_to_date(saved, tmp_path, monkeypatch):
    from fullgraph.artifact import file

    monkeypatch.setattr(file, "FORMAT_VERSION", 3)
    monkeypatch.setattr(
        file, "UPGRADES", {1: lambda d: {**d, "steps": 1}, 2: lambda d: {**d, "steps": d["steps"] + 1}}
    )
    document, _ = file.read_file(saved)

    assert document["steps"] == 2
    assert SimpleNamespace(**document).format_version == 1
