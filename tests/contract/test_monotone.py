"""What is computed from one size is said of the size, and holds for the same sizes."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fullgraph.contract.monotone import said_of_size
from fullgraph.symbolic import (
    abs_,
    add,
    eq,
    evaluate,
    floordiv,
    le,
    lt,
    math_function,
    max_,
    min_,
    mod,
    mul,
    ne,
    neg,
    not_,
    or_,
    parse,
    pow_,
    render,
    sub,
    symbol,
    to_float,
    to_integer,
    truediv,
)

N = symbol("n")
LARGE = [10**6, 2**31, 2**40 + 1, 2**52 - 1, 2**53 + 1, 2**61, 2**63 - 1]


def holds(fact, n):
    """Say what Python says; what it cannot compute does not hold."""
    try:
        return bool(evaluate(fact, {N: n}))
    except (ArithmeticError, ValueError, TypeError):
        return False


TABLE = {
    "n / 2 <= 4": "n <= 8",
    "n / 3 < 1.5": "n <= 4",
    "n * 0.25 == 1": "n == 4",
    "n * 0.25 == 1.1": "False",
    "n * 0.25 != 1": "n != 4",
    "round(n / 2) >= 2": "n >= 3",
    "round(n / 2) == 2": "n <= 5 and n >= 3",
    "(n + 1) // 2 != 1": "n == 0 or n >= 3",
    "round(n / 2) != 2": "n <= 2 or n >= 6",
    "math.ceil(n / 3) <= 4": "n <= 12",
    "math.floor(math.sqrt(n)) <= 3": "n <= 15",
    "n**0.5 <= 3": "n <= 9",
    "n**2 <= 17": "n <= 4",
    "n**3 - 8 == 0": "n == 2",
    "n**2 + n > 5": "n >= 2",
    "5 - n / 2 > 1": "n <= 7",
    "10 - round(n / 4) <= 8": "n >= 6",
    "not n / 2 < 3": "n >= 6",
    "n / 2 <= 4 or n / 2 >= 8": "n <= 8 or n >= 16",
    "min(n // 3, 7) + n >= 20": "n >= 15",
    "n / 2 >= 0": "True",
    "n / 2 <= 1e30": "True",
    "n / 2 < 0": "False",
    "4 / 3 < n / 2": "n >= 3",
    # Of these nothing is said: they may rise and fall, or are bounds already.
    "n <= 8": None,
    "n % 4 <= 2": None,
    "n**2 - 4*n <= 5": None,
    "12 / n <= 5": None,
    "math.sin(n) <= 0.5": None,
    "math.log2(n) <= 5": None,
    "n**0.5 <= 1e9": None,
    "math.sqrt(n - 5) <= 2": None,
    "n <= m / 2": None,
}


@pytest.mark.parametrize("text", TABLE)
def test_found(text):
    fact = parse(text)
    expected = TABLE[text]

    assert said_of_size(fact, 0) is (fact if expected is None else parse(expected))


def test_a_size_that_has_a_least_value():
    assert render(said_of_size(parse("(n - 5) * 1.5 >= -3"), 5)) == "True"
    assert render(said_of_size(parse("math.sqrt(n - 5) <= 2"), 5)) == "n <= 9"
    assert render(said_of_size(parse("n**2 <= 24"), 4)) == "n == 4"


def _apply(e, step):
    kind, k = step
    if e.is_float:
        made = {
            "*": lambda: mul(e, float(k)), "+": lambda: add(e, float(k)), "/": lambda: truediv(e, float(k)),
            "round": lambda: to_integer("round", e), "floor": lambda: to_integer("floor", e),
            "sqrt": lambda: math_function("sqrt", e), "-": lambda: sub(float(k), e), "max": lambda: neg(e),
        }  # fmt: skip
        return made.get(kind, lambda: e)()
    made = {
        "*": lambda: mul(k, e), "+": lambda: add(e, k), "/": lambda: truediv(e, k), "//": lambda: floordiv(e, k),
        "%": lambda: mod(e, k), "max": lambda: max_(e, k), "min": lambda: min_(e, add(k, N)), "-": lambda: sub(k, e),
        "square": lambda: mul(e, e), "n*": lambda: mul(e, N), "abs": lambda: abs_(e), "float": lambda: to_float(e),
        "pow": lambda: pow_(to_float(e), 0.5), "sqrt": lambda: math_function("sqrt", to_float(e)),
    }  # fmt: skip
    return made.get(kind, lambda: e)()


steps = st.tuples(
    st.sampled_from(
        [
            "*",
            "+",
            "/",
            "//",
            "%",
            "max",
            "min",
            "-",
            "square",
            "n*",
            "abs",
            "float",
            "pow",
            "sqrt",
            "round",
            "floor",
        ]
    ),
    st.sampled_from([1, 2, 3, 7, -1, -2, 10]),
)


@given(
    st.lists(steps, max_size=4),
    st.lists(steps, max_size=1),
    st.sampled_from(
        [le, lt, eq, ne, lambda a, b: not_(le(a, b)), lambda a, b: or_(lt(a, b), eq(a, add(b, 1)))]
    ),
    st.sampled_from([-5, 0, 1, 4, 2.5, 9, 30, 1000.25]),
    st.integers(0, 6),
)
@settings(max_examples=max(300, settings.default.max_examples))
def test_the_same_sizes(left, right, compare, number, least):
    """Compared with Python for small sizes, for large ones, and on both sides of where the answer changes."""
    a, b = N, to_float(0) if isinstance(number, float) else N
    try:
        for step in left:
            a = _apply(a, step)
        for step in right:
            b = _apply(b, step)
        fact = compare(a, number if not right else add(mul(b, 0) if not b.is_float else b, number))
    except (ArithmeticError, ValueError, TypeError):  # of constants, Python has no result
        return
    said = said_of_size(fact, least)
    turns = [c for part in _bounds(said) for c in (part - 1, part, part + 1)]
    for n in [*range(least, 60), *LARGE, *turns]:
        if least <= n < 2**63:
            assert holds(fact, n) == holds(said, n), (render(fact), render(said), n)


def _bounds(fact):
    if fact.kind in ("or", "and"):
        return [bound for part in fact.args for bound in _bounds(part)]
    if (
        fact.is_const
        or fact.kind not in ("le", "eq", "ne")
        or not math.isfinite(fact.args[0].terms.get((), 0))
    ):
        return []
    return [abs(fact.args[0].terms.get((), 0))]
