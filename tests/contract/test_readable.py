"""A fact and its readable form hold for the same values."""

from itertools import product

import pytest

from fullgraph.contract.readable import multiples, readable, sufficient
from fullgraph.symbolic import Range, evaluate, parse, render, symbol

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
    "n % 4 == 0 or n % 4 == 2": "n % 2 == 0",
    "n % 6 == 5 or n % 6 == 2": "n % 3 == 2",
    "n % 4 == 0 or m == 1 or n % 4 == 1 or n % 4 == 3": "m == 1 or n % 4 != 2",
    "n % 4 == 0 or n % 4 == 3": "n % 4 == 0 or n % 4 == 3",
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
    ("text", "least", "expected"),
    [
        ("4*b*(n // 4) == b*n", {}, "n % 4 == 0 or b == 0"),
        ("4*b*b*m*(n // 4) == b*b*m*n", {}, "n % 4 == 0 or b*m == 0"),
        ("4*b*(n // 4) == b*n", {"b": 1}, "n % 4 == 0"),
        ("48*b*(n // 8)*(m // 6) == b*n*m", {}, "(n % 8 == 0 and m % 6 == 0) or b*n*m == 0"),
        ("48*b*(n // 8)*(m // 6) == b*n*m", {"b": 1, "n": 1}, "(n % 8 == 0 and m % 6 == 0) or m == 0"),
        ("48*(n // 8)*(m // 6) == n*m", {"m": 1, "n": 1}, "n % 8 == 0 and m % 6 == 0"),
        ("4*(n // 2)*(m // 2)*n == n*m*n", {}, None),
        ("4*b*(n // 8) == b*n", {}, None),
        ("8*b*(n // 4) == b*n", {}, None),
        ("8*b*(n // 4) == 2*b*n", {}, "n % 4 == 0 or b == 0"),
        ("4*b*(n // 4) == b*m", {}, None),
        ("4*b*(n // 4) == b*n + 1", {}, None),
        ("b*n == 4*m", {}, None),
    ],
)
def test_products_of_quotients_are_said_by_remainders(text, least, expected):
    fact = parse(text)
    found = multiples(fact, lambda size: Range(lo=least.get(render(size), 0)))

    assert found is (fact if expected is None else parse(expected))
    for n, m, b in product(range(18), range(14), range(3)):
        values = {symbol("n"): n, symbol("m"): m, symbol("b"): b}
        if all(values[symbol(name)] >= lo for name, lo in least.items()):
            assert evaluate(fact, values) == evaluate(found, values)


def test_of_numbers_that_may_be_negative_two_quotients_say_something_else():
    fact = parse("4*b*(n // 2)*(m // 2) == b*n*m")

    assert multiples(fact, lambda _: Range()) is fact


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
