"""After an export, and after any error in one, everything is as it was: functions, flags, modes, objects, threads."""

from __future__ import annotations

import builtins
import contextlib
import math
import random
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import CaptureError

WATCHED: list[tuple[Any, str]] = [
    (torch, name)
    for name in (
        "tensor",
        "as_tensor",
        "sin",
        "cond",
        "manual_seed",
        "compile",
        "is_grad_enabled",
        "vmap",
        "no_grad",
    )
]
WATCHED += [
    (torch.Tensor, name)
    for name in ("__len__", "__bool__", "item", "tolist", "numpy", "data", "backward", "shape")
]
WATCHED += [
    (nn.Module, "__call__"),
    (nn.Module, "__setattr__"),
    (nn.Module, "__getattr__"),
    (torch.nn.functional, "relu"),
]
WATCHED += [(torch.autograd.Function, "apply"), (torch.SymInt, "__str__"), (torch._C, "_set_grad_enabled")]
WATCHED += [
    (math, "sqrt"),
    (time, "time"),
    (random, "random"),
    (builtins, "open"),
    (builtins, "print"),
    (builtins, "len"),
]


def world() -> list[Any]:
    """Return what an export might leave changed."""
    held = [getattr(owner, name) for owner, name in WATCHED]
    code = [getattr(found, "__code__", None) for found in held]
    own = [name in vars(owner) for owner, name in WATCHED]
    compiler: Any = torch.compiler
    flags = [
        compiler.is_compiling(),
        compiler.is_exporting(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.is_autocast_cache_enabled(),
        torch.backends.mha.get_fastpath_enabled(),
        torch.get_default_dtype(),
        torch.are_deterministic_algorithms_enabled(),
        torch._C._len_torch_dispatch_stack(),
        torch._C._len_torch_function_stack(),
        torch._C._dispatch_tls_local_include_set().raw_repr(),
        torch._C._dispatch_tls_local_exclude_set().raw_repr(),
    ]
    return [
        *code,
        *own,
        *flags,
        torch.equal(torch.ones(2) + torch.ones(2), torch.full((2,), 2.0)),
        len(torch.ones(3)),
    ]


class Model(nn.Module):
    def __init__(self, act: Any) -> None:
        super().__init__()
        self.act = act
        self.inner = nn.Linear(3, 3)
        self.last: Any = None
        self.log: list[Any] = []
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = self.inner(x)
        self.log.append(self.last)
        self.count.add_(1)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            return self.act(self.last)


def interrupted(x: torch.Tensor) -> torch.Tensor:
    raise KeyboardInterrupt


def failing(x: torch.Tensor) -> torch.Tensor:
    raise ZeroDivisionError("the program's own")


def exiting(x: torch.Tensor) -> torch.Tensor:
    raise SystemExit(3)


def in_functorch(x: torch.Tensor) -> torch.Tensor:
    return torch.vmap(failing)(x)


def in_grad(x: torch.Tensor) -> torch.Tensor:
    return torch.func.grad(failing)(x)


def asking(x: torch.Tensor) -> torch.Tensor:
    return x * [1.0, 2.0][int(x.sum())]


def fine(x: torch.Tensor) -> torch.Tensor:
    return x.relu()


ENDS = [
    (fine, None),
    (interrupted, KeyboardInterrupt),
    (failing, ZeroDivisionError),
    (exiting, SystemExit),
    (in_functorch, ZeroDivisionError),
    (in_grad, ZeroDivisionError),
    (asking, CaptureError),
]


@pytest.mark.parametrize(("act", "error"), ENDS, ids=[act.__name__ for act, _ in ENDS])
def test_everything_is_as_it_was(act: Any, error: Any) -> None:
    """However a trace ends: torch, its flags and modes, the user's module and a plain operator."""
    model = Model(act)
    fullgraph.export(fine, (torch.ones(2),))  # whatever is loaded lazily is loaded
    before, attributes = world(), dict(vars(model))

    with pytest.raises(error) if error else contextlib.nullcontext():
        fullgraph.export(model, (torch.randn(2, 3),))

    assert world() == before
    assert vars(model) == attributes
    assert model.log == []
    assert model.count.item() == 0
    assert type(model(torch.randn(2, 3)) if act is fine else model.inner(torch.ones(3))) is torch.Tensor


def test_the_programs_own_error_passes_through() -> None:
    """It is the very exception, and its traceback ends at the user's line."""
    with pytest.raises(ZeroDivisionError, match="the program's own") as caught:
        fullgraph.export(failing, (torch.ones(2),))

    assert caught.traceback[-1].path.name == "test_put_back.py"


def test_a_refusal_that_the_program_catches() -> None:
    """`except Exception` around what cannot be captured does not hide it: the program would differ from eager."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        try:
            return x * [1.0, 2.0, 3.0][int(x.sum())]
        except Exception:
            return x

    for x in (torch.ones(2), torch.ones(2, dtype=torch.long)):
        with pytest.raises(CaptureError):
            fullgraph.export(fn, (x,))


def test_exports_in_several_threads() -> None:
    """Each thread gets its own right program, and nothing is left behind."""
    before = world()
    programs: dict[int, Any] = {}
    models = [nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, i + 1)) for i in range(4)]

    def export(i: int) -> None:
        programs[i] = fullgraph.export(models[i], (torch.randn(2, 4),), dynamic_shapes=("n _",))

    run_threads([lambda i=i: export(i) for i in range(4)])

    assert world() == before
    for i, model in enumerate(models):
        x = torch.randn(5, 4)
        torch.testing.assert_close(programs[i](x), model(x))


def test_another_thread_is_not_disturbed() -> None:
    """A thread that computes with torch while an export runs gets its numbers, and none of it is recorded."""
    shared = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    weights = torch.ones(4)
    inside, done = threading.Event(), threading.Event()
    seen: list[Any] = []

    def load() -> None:
        inside.wait(10)
        try:
            x = torch.ones(3, 4)
            y = shared(x * weights).detach() + torch.tensor([1.0] * 4)
            seen.extend(
                [
                    type(y),
                    y.shape,
                    len(y),
                    y.sum().item(),
                    math.sqrt(4.0),
                    time.time() > 0,
                    random.random() < 1,
                ]
            )
            seen.append(torch.is_grad_enabled())
            with torch.no_grad():
                seen.append((shared(x)).requires_grad)
        finally:
            done.set()

    def fn(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        inside.set()
        assert done.wait(10)
        return shared(y)

    thread = threading.Thread(target=load)
    thread.start()
    program = fullgraph.export(fn, (torch.ones(2, 4),), dynamic_shapes=("n _",))
    thread.join()
    expected = (shared(torch.ones(3, 4)).detach() + 1).sum().item()

    assert seen == [torch.Tensor, (3, 4), 3, pytest.approx(expected), 2.0, True, True, True, False]
    assert [str(node.target) for node in program.graph.nodes if node.op == "call_function"] == [
        "aten.mul.Tensor",
        "aten.linear.default",
        "aten.relu.default",
    ]
    torch.testing.assert_close(program(torch.ones(5, 4)), shared(torch.ones(5, 4) * 2))


def run_threads(functions: list[Any]) -> None:
    failed: list[BaseException] = []

    def run(function: Any) -> None:
        try:
            function()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed


def test_a_device_context_in_a_program_leaves_those_of_others_whole() -> None:
    """What `with torch.device(...)` first meets during an export are not the functions that it has to change."""
    code = """
import torch, fullgraph

def program(x):
    with torch.device("cpu"):
        return x + torch.ones(3) + torch.tensor(1.0) + torch.linspace(0, 1, 3)

fullgraph.export(program, (torch.ones(3),))
with torch.device("meta"):
    made = [torch.tensor(0), torch.as_tensor(1.0), torch.linspace(0, 1, 3), torch.zeros(2)]
assert all(tensor.is_meta for tensor in made)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class Labelled(torch.Tensor):
    """A subclass that indexes as `torch.Tensor` does."""


class Sequence(torch.Tensor):
    """A subclass that has its own way."""

    def __getitem__(self, index):
        return 7.0


def test_a_tensor_is_no_sequence():
    """`torch.tensor` takes one among numbers for a number, while a program is captured and afterwards."""
    weight = torch.tensor([3.0, 4.0])

    def program(x):
        return x + torch.tensor([weight.sum().long(), 2]) + weight[x.shape[0]] + weight[1]

    program_, x = (
        fullgraph.export(program, (torch.ones(0, 2),), dynamic_shapes={"x": "n _"}),
        torch.ones(1, 2),
    )

    assert torch.equal(program_(x), program(x))
    for number in (torch.tensor(3), torch.tensor(3).as_subclass(Labelled)):
        assert torch.equal(torch.tensor([number, 2]), torch.tensor([3, 2]))
    with pytest.raises(TypeError):  # as Python has it for this class
        torch.tensor([torch.tensor(3).as_subclass(Sequence), 2])
    assert weight[1] == 4
    assert torch.ones(2).as_subclass(Sequence)[0] == 7
