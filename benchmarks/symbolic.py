"""What arithmetic on sizes costs: our expressions, and sympy through `torch.fx.experimental.symbolic_shapes`.

Each of the twenty expressions that dominate real traces is computed by both on the nodes inside `torch.SymInt`,
as PyTorch's shape code does. (Python's `a + b` on a `torch.SymInt` adds about 2 us of PyTorch's own to either.)
*First*: symbols that have not met before, as when a size is new in a trace; each row makes its own, because an
expression of another row's symbols may still be alive, in our table or in sympy's caches. *Again*: the same symbols, as
in the later layers of a model; both sides then look up what they computed, so that column compares two look-ups.
It is the usual case: of what nodes were asked in one export with fullgraph (464 calls for `llama-12` of `models`, 281
for `t5-6+6`, 159 for `whisper-6+6`, 600 for `mamba-4`, 167 for `vit-12`), 91 to 99 % had been asked before. Most of
those calls ask for a plain integer (`maybe_as_int`), which is not among the twenty.

Each side is measured in a process of its own. In one process, our symbols lie scattered in the memory that the last
ShapeEnv left behind, which no export does to us, and what takes us less than a microsecond is then mostly waiting for
memory (`a - 1` 1.2 us instead of 0.7).

The means hide much, be it the average time of an operation or the mean of the ratios. A comparison that sympy
solves (`a == 1`) takes it a thousand times longer than it takes us; of a sum or a minimum, which sympy merely
builds, we save a factor of about twenty. So the least ratio and the median stand beside the means. The last table
adds up n symbols one by one, with PyTorch's own share on both sides.

Run it: `python -m benchmarks.symbolic [--symbols N]`
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch._dynamo.source import ConstantSource
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv

from fullgraph.symbolic import Scope, to_python

# `a` and `b` are nodes of sizes; `k(3)` is the node of a constant, as PyTorch passes it. Commented with what asks.
EXPRESSIONS: dict[str, Callable[[Any, Any, Callable[[int], Any]], object]] = {
    "a + 1": lambda a, b, k: a.add(k(1)),  # arange, cat, windows
    "a - 0": lambda a, b, k: a.sub(k(0)),  # slice
    "a - 1": lambda a, b, k: a.sub(k(1)),
    "a * 64": lambda a, b, k: a.mul(k(64)),  # strides, number of elements
    "a + b": lambda a, b, k: a.add(b),  # cat to a cache
    "a * b": lambda a, b, k: a.mul(b),
    "a * b * 64": lambda a, b, k: a.mul(b).mul(k(64)),
    "a // 2": lambda a, b, k: a.int_floordiv(k(2)),
    "a * 64 // 64": lambda a, b, k: a.mul(k(64)).int_floordiv(k(64)),
    "a * b * 64 // (a * b)": lambda a, b, k: a.mul(b).mul(k(64)).int_floordiv(a.mul(b)),  # view with -1
    "a * b * 64 % (a * b)": lambda a, b, k: a.mul(b).mul(k(64)).mod(a.mul(b)),
    "a % 8": lambda a, b, k: a.mod(k(8)),  # padding to windows
    "(a - 1) // 2 + 1": lambda a, b, k: a.sub(k(1)).int_floordiv(k(2)).add(k(1)),  # convolution, step
    "max(a, 1)": lambda a, b, k: a.sym_max(k(1)),  # strides
    "min(a, b)": lambda a, b, k: a.sym_min(b),  # slice
    "a == 1": lambda a, b, k: a.eq(k(1)).guard_bool("", 0),  # broadcasting
    "a >= 0": lambda a, b, k: a.ge(k(0)).guard_bool("", 0),  # view, slice
    "a > 1": lambda a, b, k: a.gt(k(1)).guard_bool("", 0),  # causal masks
    "a * 2 == a + a": lambda a, b, k: a.mul(k(2)).eq(a.add(a)).guard_bool("", 0),  # cat, then add
    "a * b * 4 == b * 4 * a": lambda a, b, k: a.mul(b).mul(k(4)).eq(b.mul(k(4)).mul(a)).guard_bool("", 0),
}
COUNTS = (125, 250, 500, 1000)  # of symbols that are added up
Pair = tuple[Any, Any]
Times = tuple[float, float]  # the first time and again

_numbers = itertools.count()  # no two symbols of a process have the same name


class NobodyAsked:
    """All questions of this benchmark follow from the ranges."""

    def condition(self, question: object, kind: str) -> bool:
        raise AssertionError(f"asked {question}")

    def value(self, expr: object) -> int:
        raise AssertionError(f"asked for {expr}")


def our_symbols(count: int) -> list[torch.SymInt]:
    """Symbols of ours, at least 2."""
    scope = Scope(NobodyAsked())
    return [to_python(scope.declare(f"s{next(_numbers)}", lo=2, hint=5 + i % 7), scope) for i in range(count)]


def their_symbols(count: int) -> list[torch.SymInt]:
    """Symbols of a ShapeEnv, at least 2, as `torch.export` makes them."""
    shapes = ShapeEnv()
    made = []
    for i in range(count):
        source, hint = ConstantSource(f"s{next(_numbers)}"), 5 + i % 7
        symbol = shapes.create_symbol(
            hint, source=source, dynamic_dim=DimDynamic.DYNAMIC, constraint_dim=None
        )
        made.append(shapes.create_symintnode(symbol, hint=hint, source=source))
    return made


def microseconds(compute: Callable[..., object], pairs: Sequence[Pair]) -> float:
    """Median time for one pair; a median, because a garbage collection can fall on any of them."""
    times = []
    for a, b in pairs:
        start = time.perf_counter_ns()
        compute(a, b, a.wrap_int)
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def measured(symbols: list[torch.SymInt], compute: Callable[..., object]) -> Times:
    """Time of the first and of later computations with the same symbols."""
    nodes = [each.node for each in symbols]
    pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
    first = microseconds(compute, pairs)
    again = microseconds(compute, pairs[:1] * len(pairs))
    return first, again


def times_of_all(make: Callable[[int], list[torch.SymInt]], count: int) -> list[Times]:
    """Time of each expression, with symbols that are made for it."""
    return [measured(make(count), compute) for compute in EXPRESSIONS.values()]


def in_own_process(compute: Callable[..., Any], *args: object) -> Any:
    """Call a function in a process in which nothing was done before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(compute, *args).result()


def seconds_to_sum(symbols: list[torch.SymInt]) -> float:
    """Time to add all symbols, one by one."""
    start = time.perf_counter()
    sum(symbols)
    return time.perf_counter() - start


def times_of_sums(make: Callable[[int], list[torch.SymInt]]) -> list[float]:
    """Microseconds a symbol for sums of different lengths; the least of three, because it is one long measurement."""
    return [min(seconds_to_sum(make(count)) for _ in range(3)) / count * 1e6 for count in COUNTS]


def compare(count: int, console: Console) -> None:
    """Print a row an expression, and the geometric means of the ratios."""
    table = Table(title="Microseconds for an expression")
    for heading in ("expression", "ours first", "again", "ShapeEnv first", "again", "ratio first", "again"):
        table.add_column(heading, justify="left" if heading == "expression" else "right")
    ratios: list[Times] = []
    rows: list[tuple[float, ...]] = []
    both = [in_own_process(times_of_all, make, count) for make in (our_symbols, their_symbols)]
    for text, ours, theirs in zip(EXPRESSIONS, *both, strict=True):
        ratios.append((theirs[0] / ours[0], theirs[1] / ours[1]))
        rows.append((*ours, *theirs))
        table.add_row(text, *(f"{n:.1f}" for n in rows[-1]), *(f"{r:.0f}x" for r in ratios[-1]))
    table.add_section()
    together = [statistics.mean(column) for column in zip(*rows, strict=True)]
    compared = (f"{theirs / ours:.0f}x" for ours, theirs in zip(together[:2], together[2:], strict=True))
    table.add_row("time of one, on average", *(f"{n:.1f}" for n in together), *compared)
    columns = list(zip(*ratios, strict=True))
    for name, summary in (
        ("geometric mean", statistics.geometric_mean),
        ("median", statistics.median),
        ("least", min),
    ):
        table.add_row(name, "", "", "", "", *(f"{summary(column):.0f}x" for column in columns))
    console.print(table)


def compare_sums(console: Console) -> None:
    """Print what a sum of n symbols costs a symbol."""
    table = Table(title="Microseconds a symbol to add up n symbols")
    for heading in ("symbols", "ours", "ShapeEnv", "ratio"):
        table.add_column(heading, justify="right")
    both = [in_own_process(times_of_sums, make) for make in (our_symbols, their_symbols)]
    for count, ours, theirs in zip(COUNTS, *both, strict=True):
        table.add_row(str(count), f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.0f}x")
    console.print(table)


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--symbols", type=int, default=400, help="how many new symbols each expression meets")
    arguments = parser.parse_args()
    console = Console()
    compare(arguments.symbols, console)
    compare_sums(console)


if __name__ == "__main__":
    main()
