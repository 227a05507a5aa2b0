"""Text: what is rendered is Python for the same value, and is read back as the same object."""

import math

import pytest
from hypothesis import given

from fullgraph.errors import SpecError
from fullgraph.symbolic import evaluate, parse, render, symbol
from tests.symbolic.strategies import NAMES, Program, assignments, conditions, floats, integers, outcome


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2*n", "2*n"),
        ("n*2 + 1", "2*n + 1"),
        ("1 - n", "1 - n"),
        ("-n", "-n"),
        ("(a + b)*c", "a*c + b*c"),
        ("a*a*b", "a**2*b"),
        ("n//4", "n // 4"),
        ("3*(n//4)", "3*(n // 4)"),
        ("-(-n//2)", "(n + 1) // 2"),
        ("b - n//2", "b - n // 2"),
        ("(a - b) // c % 3", "(a - b) // c % 3"),
        ("a % (b*c)", "a % (b*c)"),
        ("a // (b // c)", "a // (b // c)"),
        ("-n % 8", "-n % 8"),
        ("max(n, 1) + min(a, b)", "max(1, n) + min(a, b)"),
        ("round(n / 2)", "round(n / 2)"),
        ("int(n * 0.5)", "math.trunc(n * 0.5)"),
        ("2 ** n", "2**n"),
        ("(2 ** n) ** 2", "(2**n)**2"),
        ("a if a > b else b + 1", "(a if b < a else b + 1)"),
        ("s10 + s2 + s1", "s1 + s2 + s10"),
        ("a <= 10", "a <= 10"),
        ("10 >= a", "a <= 10"),
        ("3 <= a", "a >= 3"),
        ("a < b", "a < b"),
        ("a + 2 <= b", "a + 2 <= b"),
        ("a <= b + 2", "a <= b + 2"),
        ("2*x == y", "y == 2*x"),
        ("a != 0", "a != 0"),
        ("a + b == 3", "a + b == 3"),
        ("n % 8 == 0", "n % 8 == 0"),
        ("math.hypot(n, 2)", "math.hypot(float(n), 2.0)"),
        ("math.isqrt(n + 1)", "math.isqrt(n + 1)"),
        ("1 <= a < b", "a >= 1 and a < b"),
        ("a == 1 or not b > 2", "a == 1 or b <= 2"),
        ("True", "True"),
    ],
)
def test_form(written: str, expected: str):
    """Text is in one form: terms by degree and name, a lone symbol on the left, a lone constant on the right."""
    assert render(parse(written)) == expected


@given(integers() | conditions())
def test_reading_back(program: Program):
    """What was rendered is read back as the same object."""
    assert parse(render(program.expr)) is program.expr


@given(integers() | conditions() | floats())
def test_text_is_python(program: Program):
    """Python computes from the text what it computes from the program."""
    code = compile(render(program.expr), "<text>", "eval")
    for values in assignments((0, 1, 3)):
        expected = outcome(lambda: program.python(values))
        if isinstance(expected, (int, float)):
            names = {name: values[symbol(name)] for name in NAMES}
            result = eval(code, {"math": math}, names)  # noqa: S307 - this is what a compiled check does

            assert result == expected or (math.isnan(result) and math.isnan(expected))


def test_names():
    """Symbols may be called by other names, as a message or a compiled check needs."""
    a, b = symbol("s0"), symbol("s1")

    assert render(parse("s0*2 <= s1"), {a: "batch", b: "x.shape[1]"}) == "2*batch <= x.shape[1]"
    assert parse("2*n", lambda name: a if name == "n" else b) is parse("2*s0")


@pytest.mark.parametrize(
    "text", ["", "2*", "a.b", "f(a)", "[a]", "a // 0", "a if b else c", "x = 3", "'a'", "__import__('os')"]
)
def test_refused(text: str):
    """Text that isn't arithmetic is refused, and never run."""
    with pytest.raises(SpecError, match="as arithmetic on sizes"):
        parse(text)


def test_order_of_making_does_not_show():
    """Text depends on the expression alone, not on what was made before it."""
    late, early = symbol("zz1"), symbol("aa1")

    assert render(parse("zz1 + aa1")) == "aa1 + zz1"
    assert evaluate(parse("zz1 - aa1"), {late: 3, early: 1}) == 2
