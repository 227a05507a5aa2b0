"""A fact and its readable form hold for the same values."""

from itertools import product

import pytest

from fullgraph.contract.readable import readable, sufficient
from fullgraph.symbolic import evaluate, parse, render, symbol

TABLE = {
    "(n + 1)//2 < n or n == 0": "n == 0 or n >= 2",
    "n == 2*((n + 1)//2)": "n % 2 == 0",
    "(n + 2)//3 == 3": "n <= 9 and n >= 7",
    "(n + 2)//3 <= m": "n <= 3*m",
    "m <= (n - 5)//4": "4*m + 5 <= n",
    "6*(n//3) == 12": "n <= 8 and n >= 6",
    "3*((n + 1)//3) == n + 1": "n % 3 == 2",
    "3*((n + 1)//3) == n - 1": "n % 3 == 1",
    "5 - n//2 <= 0": "n >= 10",
    "4*((n + 2)//4) == n - 3": "n == 4*((n + 2) // 4) + 3",
    "n//2 == 1 + m//2": "n // 2 == m // 2 + 1",
    "2*((n + 1)//2) <= m": "2*((n + 1) // 2) <= m",
    "n + 1 <= m": "n < m",
    "(n + 1)//2 == n//2": "n % 2 == 0",
    "(n + 2)//3 == n//3": "n % 3 == 0",
    "(n + 2)//4 == n//4": "n % 4 == 0 or n % 4 == 1",
    "n//2 + n//3 == 5": "n // 2 + n // 3 == 5",
}


@pytest.mark.parametrize("text", TABLE)
def test_divisions_are_said_without_them(text):
    fact = parse(text)
    found = readable(fact)

    assert render(found) == TABLE[text]
    for n, m in product(range(-8, 24), repeat=2):
        values = {symbol("n"): n, symbol("m"): m}
        assert bool(evaluate(fact, values)) == bool(evaluate(found, values))


@pytest.mark.parametrize(
    ("text", "sample", "declared"),
    [
        ("3*h*w*(t // 3) == t*h*w", {"t": 6, "h": 2, "w": 2}, "t % 3 == 0"),
        ("3*h*w*(t // 3) == t*h*w", {"t": 5, "h": 0, "w": 2}, None),
        ("h == w", {"h": 2, "w": 2}, None),
        ("6*b*(h // 2)*(w // 3) == b*h*w", {"b": 2, "h": 4, "w": 6}, "h % 2 == 0 and w % 3 == 0"),
        ("6*b*(h // 2)*(w // 3) == b*h*w", {"b": 0, "h": 4, "w": 5}, None),
    ],
)
def test_a_divisor_is_declared_when_the_example_has_it(text, sample, declared):
    fact = parse(text)
    found = sufficient(fact, {symbol(name): value for name, value in sample.items()})

    assert render(found) == (declared or render(fact))
    for numbers in product(range(7), repeat=len(sample)):
        values = {symbol(name): number for name, number in zip(sample, numbers, strict=True)}
        assert evaluate(fact, values) or not evaluate(found, values)
