"""Straight-line programs over views and in-place operators, made by hypothesis, compared with eager.

A program is a list of steps on a growing list of tensors: two inputs, a buffer, and whatever the steps made. A step
takes a view, computes a new tensor, or writes to a tensor through whatever views it was reached by; what eager refuses
(a size that does not fit, an overlapping copy) is left out of the program. In the end all tensors are returned, so that
stale contents and lost aliasing show.
"""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

import fullgraph
from fullgraph.errors import DataDependent, Specialized, Unsupported
from tests.support import assert_equal
from tests.support.compare import sharing

VIEWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "x[0]": lambda x: x[0],
    "x[-1]": lambda x: x[-1],
    "x[1:]": lambda x: x[1:],
    "x[:-1]": lambda x: x[:-1],
    "x[::2]": lambda x: x[::2],
    "x[..., 0]": lambda x: x[..., 0],
    "x[..., 1:3]": lambda x: x[..., 1:3],
    "x[None]": lambda x: x[None],
    "x.mT": lambda x: x.mT,
    "x.t()": lambda x: x.t(),
    "x.transpose(0, -1)": lambda x: x.transpose(0, -1),
    "x.flatten()": lambda x: x.flatten(),
    "x.reshape(-1, 2)": lambda x: x.reshape(-1, 2),
    "x.view(-1)": lambda x: x.view(-1),
    "x.unsqueeze(-1)": lambda x: x.unsqueeze(-1),
    "x.diagonal()": lambda x: x.diagonal(),
    "x.unfold(-1, 2, 2)": lambda x: x.unfold(-1, 2, 2),
    "x.chunk(2)[0]": lambda x: x.chunk(2)[0],
    "x.split(1)[-1]": lambda x: x.split(1)[-1],
    "x.split(2, -1)[0]": lambda x: x.split(2, -1)[0],
    "x.unbind(-1)[1]": lambda x: x.unbind(-1)[1],
    "x.narrow(-1, 1, 1)": lambda x: x.narrow(-1, 1, 1),
    "x.movedim(-1, 0)": lambda x: x.movedim(-1, 0),
    "x.detach()": lambda x: x.detach(),
    "x.contiguous()": lambda x: x.contiguous(),
    "x.float()": lambda x: x.float(),
    "x.expand_as(x)": lambda x: x.expand_as(x),
    "dropout": lambda x: torch.nn.functional.dropout(x, 0.5, training=False),
}
FRESH: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "x * 2": lambda x: x * 2,
    "x.clone()": lambda x: x.clone(),
    "x.sum(-1)": lambda x: x.sum(-1),
    "x.cumsum(0)": lambda x: x.cumsum(0),
    "x.flip(0)": lambda x: x.flip(0),
    "zeros_like": torch.zeros_like,
}


def _assign(index) -> Callable[[torch.Tensor, torch.Tensor], None]:
    return lambda x, y: x.__setitem__(index, y)


# Writes to `x`, some of which read `y`.
WRITES: dict[str, Callable[[torch.Tensor, torch.Tensor], object]] = {
    "x.add_(1)": lambda x, y: x.add_(1),
    "x.mul_(y)": lambda x, y: x.mul_(y),
    "x.sub_(y.mean())": lambda x, y: x.sub_(y.mean()),
    "x.copy_(y)": lambda x, y: x.copy_(y),
    "x.zero_()": lambda x, y: x.zero_(),
    "x.fill_(3)": lambda x, y: x.fill_(3),
    "x.masked_fill_(x > 1, -1)": lambda x, y: x.masked_fill_(x > 1, -1),
    "x[x < 0] = 2": lambda x, y: x.__setitem__(x < 0, 2.0),
    "x[0] = y": _assign(0),
    "x[1:] = y": _assign(slice(1, None)),
    "x[..., 0] = y": _assign((..., 0)),
    "x[[0, -1]] = 5": lambda x, y: x.__setitem__([0, -1], 5.0),
    "x[:] = y * 2": lambda x, y: x.__setitem__(slice(None), y * 2),
    "torch.neg(x, out=x)": lambda x, y: torch.neg(x, out=x),
    "torch.add(y, 1, out=x)": lambda x, y: torch.add(y, 1, out=x),
    "x.index_add_": lambda x, y: x.index_add_(0, torch.tensor([0]), x[:1].clone()),
    "x.clamp_(-2, 2)": lambda x, y: x.clamp_(-2, 2),
    "x.t_()": lambda x, y: x.t_(),
    "x.unsqueeze_(0)": lambda x, y: x.unsqueeze_(0),
}


@dataclass(frozen=True)
class Step:
    """One line of a program: `name` applied to the tensors numbered `first` and `second` (counted modulo)."""

    kind: str
    name: str
    first: int
    second: int


def _steps(kind, names):
    number = st.integers(0, 11)
    return st.builds(Step, st.just(kind), st.sampled_from(sorted(names)), number, number)


STEPS = st.one_of(
    _steps("view", VIEWS), _steps("write", WRITES), _steps("write", WRITES), _steps("fresh", FRESH)
)


class Program(nn.Module):
    """Runs the steps; as a module, so that there is a buffer."""

    def __init__(self, steps):
        super().__init__()
        self.steps = tuple(steps)
        self.register_buffer("state", torch.arange(4.0))

    def forward(self, x, y):
        tensors = [x, y, self.state]
        for step in self.steps:
            one, other = (tensors[number % len(tensors)] for number in (step.first, step.second))
            if step.kind == "write":
                WRITES[step.name](one, other)
            else:
                tensors.append((VIEWS if step.kind == "view" else FRESH)[step.name](one))
        return tensors


def _that_run(steps, inputs):
    """Return the steps that eager can run one after another, with the same sizes at each run."""
    kept = []
    for step in steps:
        candidate = Program([*kept, step])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a resized `out=`
                candidate(*copy.deepcopy(inputs))
        except (RuntimeError, IndexError, UserWarning, TypeError):
            continue
        kept.append(step)
    return kept


def _compare(eager, program, inputs):
    wanted, came = copy.deepcopy(inputs), copy.deepcopy(inputs)
    expected, actual = eager(*wanted), program(*came)
    assert_equal(expected, actual)
    assert_equal(wanted, came, "inputs")
    assert_equal(eager.state, program.state_dict.get("state", eager.state), "state")
    return sharing([*wanted, *expected]), sharing([*came, *actual])


# Why a program of these steps may be refused; `DataDependent` is a mask without dims.
REASONS = (
    "may overlap it",
    "may or may not share memory",
    "changes the sizes of a tensor that outlives",
    "item()",
)


def _export(module, inputs, spec):
    """Return the program, or None if it is refused for a reason that these programs can have."""
    try:
        return fullgraph.export(module, copy.deepcopy(inputs), dynamic_shapes=spec)
    except (DataDependent, Specialized, Unsupported) as refusal:
        is_dynamic = spec is not None and isinstance(refusal, Specialized)
        if is_dynamic or any(reason in refusal.what for reason in REASONS):
            return None
        raise


SETTINGS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@SETTINGS
@given(st.lists(STEPS, min_size=1, max_size=9))
def test_static_sizes(steps):
    """Outputs, inputs, the buffer and who shares memory with whom are eager's, at two calls one after the other."""
    inputs = (torch.arange(12.0).reshape(3, 4) - 5, torch.arange(4.0))
    module = Program(_that_run(steps, inputs))
    program = _export(copy.deepcopy(module), inputs, None)
    assume(program is not None)
    for _ in range(2):
        expected, actual = _compare(module, program, inputs)
        assert expected == actual, "who shares memory with whom"


@SETTINGS
@given(st.lists(STEPS, min_size=1, max_size=7))
def test_dynamic_sizes(steps):
    """Exported at three rows, the program is eager's at other numbers of rows too."""
    at = {n: (torch.arange(4.0 * n).reshape(n, 4) - 5, torch.arange(4.0)) for n in (3, 5, 2)}
    kept = steps
    for inputs in at.values():
        kept = _that_run(kept, inputs)
    module = Program(kept)
    program = _export(copy.deepcopy(module), at[3], {"x": "n _"})
    assume(program is not None)
    for inputs in at.values():
        _compare(module, program, inputs)
