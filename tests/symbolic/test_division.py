"""Floor division and modulo, exhaustively where their rules change over: random expressions rarely hit a border."""

import itertools

import pytest
from hypothesis import given

from fullgraph.symbolic import (
    Scope,
    add,
    evaluate,
    exactly_divided,
    floordiv,
    max_,
    min_,
    mod,
    mul,
    parse,
    render,
    sub,
    symbol,
)
from fullgraph.symbolic.quotients import in_quotients
from tests.symbolic.strategies import Program, assignments, integers, outcome
from tests.symbolic.support import NobodyAsked

X = symbol("s0")
OPERATIONS = {"//": (floordiv, lambda a, b: a // b), "%": (mod, lambda a, b: a % b)}


@pytest.mark.parametrize(("inner", "outer"), [*itertools.product(OPERATIONS, repeat=2)])
def test_a_quotient_or_remainder_of_one(inner: str, outer: str) -> None:
    """`(m*(x // j) + c) % k` and its like are Python's, for all small numbers and divisors of both signs."""
    first, python_first = OPERATIONS[inner]
    second, python_second = OPERATIONS[outer]
    for j, k, m, c in itertools.product((2, 3, 4, -3), (2, 3, 4, 6, -2), (1, 2, -1), range(-1, 5)):
        made = second(add(mul(m, first(X, j)), c), k)
        for x in range(13):
            assert evaluate(made, {X: x}) == python_second(m * python_first(x, j) + c, k)


def test_a_remainder_that_cancels() -> None:
    """`(a*x + m*(c*x + d) % j) // k` is Python's, also where the remainder becomes a quotient."""
    for j, k, a, c, m in itertools.product(
        (2, 4, 6, -3), (2, 3, 8, -2), (-1, 0, 1, 2), (-1, 1, 3), (1, 2, -1)
    ):
        for d in (-1, 0, 5):
            made = floordiv(add(mul(a, X), mul(m, mod(add(mul(c, X), d), j))), k)
            for x in range(13):
                assert evaluate(made, {X: x}) == (a * x + m * ((c * x + d) % j)) // k


# Every way to round up to a multiple that programs are written with, and some to round down. `w` is at least 1.
EQUAL = """
(n + 7) // 8 * 8 | n + -n % 8 | n + (8 - n % 8) % 8 | -(-n // 8) * 8 | n - n % -8 | ((n - 1) // 8 + 1) * 8
(n + 7) // 8 | -(-n // 8) | (n + -n % 8) // 8 | (n + (8 - n % 8) % 8) // 8 | (n - 1) // 8 + 1
(n + w - 1) // w * w | n + -n % w | n + (w - n % w) % w | -(-n // w) * w | ((n - 1) // w + 1) * w
(n + w - 1) // w | -(-n // w) | (n + -n % w) // w | (n - 1) // w + 1
n | n // 2 + (n + 1) // 2 | n // 8 * 8 + n % 8 | n // w * w + n % w | 7 * n // 8 + (n + 7) // 8 | n // -3 * -3 + n % -3
n - n % 8 | n // 8 * 8 | 8 * (n // 8) | n + -(n % 8)
m * (n + -n % 8) * (m + -m % w) | 8 * m * ((n + 7) // 8) * ((m + w - 1) // w) * w
(9 * n) // 8 | n + n // 8
(n - m) // 4 | -((m - n + 3) // 4)
"""


@pytest.mark.parametrize("line", EQUAL.strip().splitlines())
def test_ways_to_round_agree(line: str) -> None:
    """However a program rounds to a multiple, the result is known to be the same size."""
    scope = Scope(NobodyAsked())
    for name in "nm":
        scope.declare(name)
    scope.declare("w", lo=1)
    ways = [parse(text) for text in line.split("|")]
    for one, other in itertools.combinations(ways, 2):
        assert scope.decide(parse(f"{render(one)} == {render(other)}")) is True
        assert scope.decide(parse(f"{render(one)} <= {render(other)}")) is True
        assert scope.decide(parse(f"{render(one)} > {render(other)}")) is False


def test_a_divisor_of_unknown_sign() -> None:
    """`(n + w - 1) // w` rounds up only where `w` is positive, so nothing is said of another."""
    scope = Scope(NobodyAsked())
    scope.declare("n")
    scope.declare("w", lo=-5)

    assert scope.decide(parse("n + -n % w == (n + w - 1) // w * w")) is None


@given(integers(5), integers(3))
def test_the_normal_form_has_the_same_value(a: Program, b: Program) -> None:
    """Quotients in their normal form are Python's, and so is the difference of two sizes in it."""
    for what in (a.expr, sub(a.expr, b.expr), floordiv(a.expr, 4), mod(a.expr, 6)):
        normal = in_quotients(what, lambda k: bool(k.is_const and k.value > 0))
        for values in assignments((0, 1, 2, 5, 11)):
            expected = outcome(lambda what=what, values=values: evaluate(what, values))
            if isinstance(expected, int):
                assert outcome(lambda normal=normal, values=values: evaluate(normal, values)) == expected


def test_extremes_of_neighbours() -> None:
    """Of two that differ by a constant, the smaller and the larger are known."""
    for shift in range(-3, 4):
        other = add(X, shift)
        assert min_(X, other) is (other if shift < 0 else X)
        assert max_(X, other) is (other if shift > 0 else X)


def test_windows_of_a_padded_image() -> None:
    """A view with -1 divides by the padded height and width: the scope finds that it is exact."""
    scope = Scope(NobodyAsked())
    for name in "bchw":
        scope.declare(name, lo=1)
    elements, area = "49*b*c*((h + 6) // 7)*((w + 6) // 7)", "((h + -h % 7)*(w + (7 - w % 7) % 7))"

    assert render(scope.simplify(parse(f"{elements} // {area}"))) == "b*c"
    assert scope.simplify(parse(f"{elements} % {area}")).value == 0


def test_exact_division_sees_that_two_ways_to_pad_are_one() -> None:
    """The windows of a padded image, counted by rows and by all elements."""
    rows, columns = symbol("rows"), symbol("columns")
    padded = [add(size, mod(mul(-1, size), 7)) for size in (rows, columns)]
    down, across = (floordiv(size, 7) for size in padded)
    windows = mul(mul(49, down), across)

    assert exactly_divided(mul(windows, symbol("batch")), mul(*padded)) is symbol("batch")
    assert exactly_divided(windows, mul(padded[0], columns)) is None
