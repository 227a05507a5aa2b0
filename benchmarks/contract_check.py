"""What the check of a contract costs a call, for programs of 1, 10 and 100 inputs: at most 10 us plus 1 us an input.

Run it as `python -m benchmarks.contract_check`.
"""

from __future__ import annotations

import timeit

import torch
from rich.console import Console
from rich.table import Table

import fullgraph
from fullgraph.contract import compile_check

_CALLS = 2000


def microseconds(inputs: int, spec: str | None) -> float:
    """Return the time of one check of a program with so many inputs."""
    xs = [torch.ones(4, 3) for _ in range(inputs)]
    program = fullgraph.export(
        lambda *xs: [x + 1 for x in xs], tuple(xs), dynamic_shapes=None if spec is None else {"xs.*": spec}
    )
    check = compile_check(program.contract)
    return min(timeit.repeat(lambda: check(xs), number=_CALLS, repeat=5)) / _CALLS * 1e6


def main() -> None:
    """Print the table."""
    table = Table("inputs", "static us", "dynamic us", "promised us")
    for inputs in (1, 10, 100):
        found = [f"{microseconds(inputs, spec):.1f}" for spec in (None, "batch s")]
        table.add_row(str(inputs), *found, str(10 + inputs))
    Console().print(table)


if __name__ == "__main__":
    main()
