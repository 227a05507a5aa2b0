"""`fullgraph export`, `show` and `explain` on programs of this file."""

import json
import time

import pytest
import torch
from typer.testing import CliRunner

import fullgraph
from fullgraph.cli import app

HERE = __name__


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 2)

    def forward(self, x, mask=None, *, power: int = 1):
        y = self.linear(x) ** power
        return y if mask is None else y * mask[:, None]


model = Model()


def stamped(x, y):
    first = float(x.numpy()[0])
    return x * first + y.sum() + time.time()


def make(scale=3):
    return lambda x: x * scale


class Needs:
    def __init__(self, size):
        self.size = size


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_export_and_show(tmp_path):
    file = tmp_path / "m.fgx"
    done = run(
        "export", f"{HERE}:Model", "--input", "x=f32[batch,4]:batch=1..64", "-i", "power=2", "-o", str(file)
    )
    assert done.exit_code == 0, done.output
    assert "fullgraph show" in done.stdout

    program = fullgraph.load(file)
    assert program(torch.ones(3, 4), power=2).shape == (3, 2)
    with pytest.raises(fullgraph.ContractError, match="64"):
        program(torch.ones(65, 4), power=2)

    shown = run("show", str(file))
    assert shown.exit_code == 0
    assert "f32[batch, 4]" in shown.stdout
    assert "power is 2" in shown.stdout
    data = json.loads(run("show", str(file), "--json").stdout)
    assert data["operators"] == ["aten.linear.default", "aten.pow.Tensor_Scalar"]
    assert data["ranges"] == {"batch": ["1", "64"]}
    assert data["state"]["linear.weight"] == {"dtype": "float32", "shape": [2, 4]}


@pytest.mark.parametrize("target", ["model", "Model", "model.forward"])
def test_what_may_be_captured(target):
    done = run("export", f"{HERE}:{target}", "-i", "x=f32[n,4]", "-i", "mask=bool[n]", "--verify", "--json")

    assert done.exit_code == 0, done.output
    assert any("bool[n]" in line for line in json.loads(done.stdout)["contract"])


def test_a_factory():
    assert run("export", f"{HERE}:make", "--call", "-i", "x=bf16[2*n,3]").exit_code == 0


def test_a_dim_that_may_be_pinned():
    done = run("export", f"{HERE}:model", "-i", "x=f32[?,?]", "--json")

    assert done.exit_code == 1  # the example's size is not that of the weight


def test_explain():
    done = run("explain", f"{HERE}:stamped", "-i", "x=f32[n]", "-i", "y=i64[n,2*n]")

    assert done.exit_code == 1, done.output
    assert "2 obstacles" in done.stdout
    assert "numpy()" in done.stdout
    assert "time.time" in done.stdout


def test_explain_as_json():
    data = json.loads(run("explain", f"{HERE}:stamped", "-i", "x=f32[n]", "-i", "y=i64[3]", "--json").stdout)

    assert [obstacle["estimate"] for obstacle in data["obstacles"]] == [False, True]
    assert run("explain", f"{HERE}:model", "-i", "x=f32[batch,4]", "--json").exit_code == 0


def test_a_refused_program_exits_with_1():
    done = run("export", f"{HERE}:stamped", "-i", "x=f32[n]", "-i", "y=f32[n]")

    assert done.exit_code == 1
    assert isinstance(done.exception, fullgraph.CaptureError)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("x", "not of the form"),
        ("x=float[3]", "`float` is no dtype; there are f64, f32"),
        ("x=f32[3", "neither a tensor nor JSON"),
        ("x=f32[a b]", "is no size"),
        ("x=f32[a]:a", "is no range"),
        ("x=f32[a]:a=5..2", "leaves no size"),
        ("x=relu", "neither a tensor nor JSON"),
    ],
)
def test_inputs_that_cannot_be_read(given, words):
    done = run("export", f"{HERE}:model", "-i", given)

    assert done.exit_code == 2
    assert words in " ".join(done.stderr.replace("\u2502", " ").split())


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("model", "not of the form"),
        ("no.such:thing", "there is no module `no`"),
        (f"{HERE}:nothing", "has no `nothing`"),
        (f"{HERE}:HERE", "cannot be called"),
        (f"{HERE}:Needs", "cannot be made without arguments"),
    ],
)
def test_targets_that_are_none(target, words):
    done = run("explain", target, "-i", "x=f32[3]")

    assert done.exit_code == 2
    assert words in " ".join(done.stderr.replace("\u2502", " ").split())


def test_a_file_that_is_none(tmp_path):
    assert run("show", str(tmp_path / "none.fgx")).exit_code == 2
    (tmp_path / "m.fgx").write_text("hello")
    assert run("show", str(tmp_path / "m.fgx")).exit_code == 1
