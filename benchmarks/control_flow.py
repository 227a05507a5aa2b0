"""Loops in a program against the same loops in eager Python, and against `torch.export`'s program, in one run.

The idea: each subject is a loop written for the operators, and the same loop in plain Python. All of them run in turn,
many times over, and the median of the ratios of neighbouring runs is reported.

    python -m benchmarks.control_flow            # 1,000 steps
    python -m benchmarks.control_flow --steps 100
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._higher_order_ops import map as torch_map
from torch._higher_order_ops import scan as torch_scan
from torch._higher_order_ops import while_loop as torch_while_loop

import fullgraph

Loop = Callable[..., Any]
_REPEATS = 40


@dataclass(frozen=True)
class Subject:
    """A loop in three forms.

    Attributes:
        name: What it is.
        python: The loop in plain Python.
        ours: The loop by fullgraph's operator.
        torchs: The loop by PyTorch's operator.
        inputs: Makes the inputs for a number of steps.
    """

    name: str
    python: Loop
    ours: Loop
    torchs: Loop
    inputs: Callable[[int], tuple[torch.Tensor, ...]]


def _step(x: torch.Tensor) -> torch.Tensor:
    return (x * 1.001).sin()


def _while(loop: Loop) -> Loop:
    def run(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        return loop(lambda i, y: i < steps, lambda i, y: (i + 1, _step(y)), (torch.zeros_like(steps), x))[1]

    return run


def _python_while(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    i = torch.zeros_like(steps)
    while i < steps:
        i, x = i + 1, _step(x)
    return x


def _combine(carry: torch.Tensor, row: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    carry = carry * 0.5 + row
    return carry, carry * row


def _python_scan(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    carry, results = torch.zeros_like(x[0]), []
    for row in x:
        carry, result = _combine(carry, row)
        results.append(result)
    return carry, torch.stack(results)


def _rows(steps: int) -> tuple[torch.Tensor, ...]:
    return (torch.rand(steps, 64),)


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "while_loop",
        _python_while,
        _while(fullgraph.while_loop),
        _while(torch_while_loop),
        lambda steps: (torch.rand(64), torch.tensor(steps)),
    ),
    Subject(
        "scan",
        _python_scan,
        lambda x: fullgraph.scan(_combine, torch.zeros_like(x[0]), x),
        lambda x: torch_scan(_combine, torch.zeros_like(x[0]), x),
        _rows,
    ),
    Subject(
        "map",
        lambda x: torch.stack([_step(row) for row in x]),
        lambda x: fullgraph.map(_step, x),
        lambda x: torch_map(_step, x),
        _rows,
    ),
)


class _Module(nn.Module):
    """`torch.export` takes modules."""

    def __init__(self, loop: Loop) -> None:
        super().__init__()
        self.loop = loop

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.loop(*inputs)


def compare(subject: Subject, steps: int) -> tuple[float, float | None]:
    """Returns our program's time as a multiple of eager Python's, and of `torch.export`'s program (None: refused)."""
    inputs = subject.inputs(steps)
    runs: dict[str, Loop] = {"python": subject.python, "ours": fullgraph.export(subject.ours, inputs)}
    try:
        runs["torch"] = torch.export.export(_Module(subject.torchs), inputs).module()
    except Exception as error:  # noqa: BLE001  whatever it refuses with, there is nothing to compare
        print(f"{subject.name}: torch.export: {type(error).__name__}")
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.no_grad():
        for _ in range(_REPEATS):
            for name, run in runs.items():
                start = time.perf_counter()
                run(*inputs)
                times[name].append(time.perf_counter() - start)
    return _ratio(times, "python"), _ratio(times, "torch") if "torch" in runs else None


def _ratio(times: dict[str, list[float]], other: str) -> float:
    """Returns the median of the ratios of runs that followed one another: what slows the machine slows both."""
    return statistics.median(ours / theirs for ours, theirs in zip(times["ours"], times[other]))


def main() -> None:
    """Prints a line for each subject."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--only", choices=[subject.name for subject in SUBJECTS])
    options = parser.parse_args()
    torch.set_num_threads(1)
    for subject in SUBJECTS:
        if options.only in (None, subject.name):
            eager, exported = compare(subject, options.steps)
            text = "" if exported is None else f", {exported:.2f} x torch.export's program"
            print(f"{subject.name}: {eager:.2f} x eager Python{text}")


if __name__ == "__main__":
    main()
