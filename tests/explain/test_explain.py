"""One report lists all obstacles, says which are estimates, and leaves everything as it was."""

import json
import os
import random
import time

import pytest
import torch

import fullgraph
from fullgraph import explain
from fullgraph.errors import CaptureError, SpecError


def whats(report):
    return [obstacle.what for obstacle in report.obstacles]


def test_a_program_that_is_captured():
    def f(x, y):
        return x[:4] + y + fullgraph.constant(lambda: 2)

    report = explain(f, (torch.ones(4), torch.ones(4)), dynamic_shapes={"x": (fullgraph.Dim.AUTO,), "y": "_"})

    assert report.ok
    assert report.complete
    assert any("x.shape[0]" in fact.text for fact in report.assumptions)
    assert [fact.text.split()[0] for fact in report.constants] == [
        "test_a_program_that_is_captured.<locals>.f.<locals>.<lambda>"
    ]
    assert str(report).startswith("test_a_program_that_is_captured.<locals>.f is captured.")


def test_dims_that_auto_gave_up():
    report = explain(lambda x: x + torch.ones(4), (torch.ones(4),), dynamic_shapes=({0: fullgraph.Dim.AUTO},))

    assert [each.dim for each in report.given_up] == ["x.shape[0]"]
    assert "Dim.AUTO gave up:" in str(report)


def many(x, scale):
    array = x.numpy()
    now = time.time()
    home = os.environ.get("HOME")
    text = f"{x.sum():.1f}"
    noise = random.random()
    values = (x * 2).tolist()
    torch.manual_seed(3)
    return x * float(array.sum()) + now + noise + len(text) + values[0] + (home is None) + scale


def test_all_obstacles_of_one_run():
    report = explain(many, (torch.ones(300), 2.0))

    assert [obstacle.line - many.__code__.co_firstlineno for obstacle in report.obstacles] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    ]
    assert [obstacle.estimate for obstacle in report.obstacles] == [False] + [True] * 6
    assert report.complete
    with pytest.raises(CaptureError) as first:
        fullgraph.export(many, (torch.ones(3), 2.0))
    assert first.value.what == report.obstacles[0].what


def test_the_way_past_an_obstacle_is_the_example_s():
    def f(x):
        if float(x.numpy()[0]) > 0:
            return x + time.time()
        return x + random.random()

    assert "time.time" in whats(explain(f, (torch.ones(3),)))[-1]
    assert "random.random" in whats(explain(f, (-torch.ones(3),)))[-1]


def test_sizes_that_are_narrowed_are_one_obstacle_each():
    def f(x, y):
        return x + torch.ones(4), y + torch.ones(5)

    report = explain(f, (torch.ones(4), torch.ones(5)), dynamic_shapes={"x": "a", "y": "b"})

    assert [obstacle.kind for obstacle in report.obstacles] == ["Specialized", "Specialized"]
    assert [obstacle.estimate for obstacle in report.obstacles] == [False, False]
    assert report.complete


def test_without_example_contents_the_report_says_that_there_may_be_more():
    report = explain(many, (fullgraph.TensorSpec([3]), 2.0))

    assert len(report.obstacles) == 1
    assert not report.complete
    assert "there may be more" in str(report)


def test_an_operator_that_cannot_be_recorded():
    def f(x):
        return torch.equal(x, x + 1), float(x.numpy().sum())

    report = explain(f, (torch.ones(3),))

    assert len(report.obstacles) == 2
    assert report.complete


def test_a_line_in_a_loop_is_one_obstacle():
    def f(x):
        for _ in range(5):
            x = x + float(x.numpy()[0])
        return x

    assert len(explain(f, (torch.ones(3),)).obstacles) == 1


def test_what_the_program_itself_raises_ends_the_run():
    def f(x):
        x.numpy()
        raise KeyError("mine")

    report = explain(f, (torch.ones(3),))

    assert len(report.obstacles) == 1
    assert not report.complete


def test_a_hidden_refusal_is_reported():
    def f(x):
        try:
            return x + x.numpy().sum()
        except Exception:
            return x

    assert len(explain(f, (torch.ones(3),)).obstacles) == 1


def test_wrong_arguments_are_refused():
    with pytest.raises(SpecError):
        explain(torch.sin, (torch.ones(3),), dynamic_shapes={"y": "n"})


def test_nothing_is_left_behind():
    model = torch.nn.BatchNorm1d(3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def f(x):
        y = model(x)
        return y * y.numpy().sum()

    x = torch.ones(4, 3)
    torch.manual_seed(0)
    expected = torch.rand(())
    torch.manual_seed(0)
    explain(f, (x,))

    assert torch.rand(()) == expected
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(x, torch.ones(4, 3))
    with pytest.raises(CaptureError):
        fullgraph.export(f, (x,))


def test_as_json():
    data = json.loads(explain(many, (torch.ones(3), 2.0)).to_json())

    assert data["ok"] is False
    assert data["obstacles"][0]["file"] == __file__
    assert data["obstacles"][0]["text"] == "array = x.numpy()"
    assert set(data["obstacles"][0]) == {
        "kind",
        "what",
        "why",
        "instead",
        "case",
        "estimate",
        "file",
        "line",
        "text",
    }
