"""Random programs of numbers, exported as users export them: Python's results, to the bit and of Python's class.

A size, two integers, a float and a truth value are dynamic. Where eager raises, the program raises; it may turn a call
away that eager answers only if its contract says so.
"""

from __future__ import annotations

import linecache
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

import fullgraph
from fullgraph import CaptureError, ContractError, Dim

EXAMPLE = (4, 3, 2, 1.5, True)
SIZES = (0, 1, 2, 3, 7)
INTEGERS = (-7, -2, -1, 0, 1, 2, 3, 5, 8)
FLOATS = (-2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.7, math.inf, math.nan, 1e300)

# I, F, B and N are an integer, a float, a truth value, and an integer or a float; K is a small number.
INTEGER = """
I + I; I - I; I * I; I // I; I % I; I // K; I % K; I ** 2; I ** 3; -I; abs(I); ~I; I & I; I | I; I ^ I; I << 3; I >> 1
min(I, I); max(I, I, I); round(N); int(N); math.ceil(N); math.floor(N); math.trunc(N); round(I, -1); math.gcd(I, I)
sum([I, I]); math.prod([I, I]); divmod(I, I)[0]; divmod(I, I)[1]; sorted([I, I])[0]; int(B); B + I; B & I
I if B else I
torch.sym_max(I, I); torch.sym_int(N); torch.sym_ite(B, I, I); math.isqrt(abs(I)); torch.tensor(I).item()
math.lcm(I, I)
int(min(N, N, N)); (I).real; (I).numerator; B << 1
"""
FLOAT = """
N + F; F - N; N * F; N / N; F // N; N % F; -F; abs(F); float(N); round(F, 1); round(F, -1); math.sqrt(abs(N))
F ** 2; abs(N) ** 0.5
min(F, F); max(F, F); max(N, N) * F; float(min(N, N)); max(I, F) * 0.5; sum([F, I]); math.log2(abs(N) + 1)
divmod(F, N)[1]
math.hypot(N, N); math.copysign(N, N); math.fmod(N, 3); math.tanh(N); F * B; torch.sym_float(N); torch.sym_ite(B, F, F)
torch.tensor(F, dtype=torch.float64).item(); math.exp(-abs(N)); N / max(N, N)
"""
TRUTH = """
N < N; N <= N; N == N; N != N; N >= N; B & B; B | B; B ^ B; torch.sym_not(B); B == B; B < N; math.isnan(F)
math.isclose(N, N)
math.isfinite(F); (F).is_integer()
"""
LEAVES = {
    "I": ("n", "a", "b", "-2", "0", "1", "3"),
    "F": ("f", "(n / 2)", "(a / 4)", "-1.5", "0.0", "2.5"),
    "B": ("t", "(a > 1)", "(n < 3)", "(f > 0.5)"),
}
CHOICES = {
    kind: [text.strip() for line in table.strip().splitlines() for text in line.split(";")]
    for kind, table in (("I", INTEGER), ("F", FLOAT), ("B", TRUTH))
}


def text_of(kind: str, depth: int, random: Random) -> str:
    """Write a random expression."""
    if kind == "K":
        return str(random.choice([-3, -2, 2, 3, 8]))
    if kind == "N":
        kind = random.choice("IF")
    if depth == 0 or random.random() < 0.15:
        return random.choice(LEAVES[kind])
    written = random.choice(CHOICES[kind])
    return "(" + re.sub(r"\b[IFBNK]\b", lambda found: text_of(found[0], depth - 1, random), written) + ")"


def function_of(text: str) -> Callable[..., Any]:
    """The program that computes an expression, with source lines for errors."""
    source = f"def program(x, a, b, f, t):\n    n = x.shape[0]\n    return {text}, x.sum()\n"
    file = f"<numbers {text}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"torch": torch, "math": math}
    exec(compile(source, file, "exec"), names)
    return names["program"]


@dataclass
class Outcome:
    """What a call came to."""

    value: Any = None
    error: Exception | None = None


def outcome(function: Callable[..., Any], values: tuple[Any, ...]) -> Outcome:
    size, *others = values
    try:
        found = function(torch.zeros(size), *others)[0]
    except Exception as error:  # noqa: BLE001  (eager's exceptions are the expectation)
        return Outcome(error=error)
    is_complex = isinstance(found, complex)  # a negative number to a fractional power is, and is turned away
    return Outcome(error=TypeError("complex")) if is_complex else Outcome(found)


def is_same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and (a.hex() == b.hex() if isinstance(a, float) else a == b)


@given(st.randoms(use_true_random=False), st.sampled_from("IFB"), st.sampled_from([Dim.AUTO, Dim.DYNAMIC]))
def test_python_and_program_agree(random: Random, kind: str, mark: Any) -> None:
    text = text_of(kind, 3, random)
    function, (size, *others) = function_of(text), EXAMPLE
    try:
        program = fullgraph.export(
            function_of(text), (torch.zeros(size), *others), dynamic_shapes=({0: mark}, *[mark] * 4)
        )
    except CaptureError:
        return
    except Exception as error:  # noqa: BLE001
        raised = outcome(function, EXAMPLE).error
        assert type(raised) is type(error), f"{text}: {error!r}, in eager {raised!r}"
        return
    assert mark is Dim.DYNAMIC or outcome(program, EXAMPLE).error is None
    for _ in range(12):
        values = (
            random.choice(SIZES),
            random.choice(INTEGERS),
            random.choice(INTEGERS),
            random.choice(FLOATS),
            random.choice((True, False)),
        )
        expected, found = outcome(function, values), outcome(program, values)
        if expected.error is not None:
            assert found.error is not None, f"{text} at {values}: {found.value}, eager: {expected.error!r}"
        elif not isinstance(found.error, ContractError):
            assert is_same(expected.value, found.value), f"{text} at {values}: {found}, eager: {expected}"
